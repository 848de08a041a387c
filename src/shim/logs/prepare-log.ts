import { rmSync } from "node:fs";
import { fromErrno } from "../../base/errno.ts";
import type { LogStream } from "../../base/log-record.ts";
import type { ProcessDir } from "../../state/layout.ts";
import type { LogTarget, ProcessRecord } from "../../state/process-record.ts";
import type { Fd } from "../../sys/sys.ts";
import type { ProcessStdio } from "../stdio/process-stdio.ts";
import { LogFile } from "./log-file.ts";
import { Logged, type LogNeeds, openLogReader } from "./logged.ts";

/** A log for one launch. Disposing closes what was not handed over. */
export interface PreparedLog extends Disposable {
  /** Where the process is to write. */
  readonly paths: { readonly stdout: string; readonly stderr: string };
  /** The process runs: its output goes to the log from here on, what is in the FIFOs already too. */
  take(inner: ProcessStdio): ProcessStdio;
}

/**
 * Opens the file and the FIFOs between process and shim. FIFOs with a name, so that the next shim finds them; the process holds both
 * ends of its own (stdio/open.ts), so that a shim's death breaks no pipe.
 *
 * @throws "shim error: open log PATH: …"
 */
export function prepareLog(
  needs: LogNeeds,
  record: ProcessRecord,
  directory: ProcessDir,
  target: LogTarget,
): PreparedLog {
  using opened = new DisposableStack();
  const file = opened.adopt(openFile(target), (open) => open.close());
  const readers = new Map<LogStream, Fd>();
  // A terminal is one stream.
  const streams = record.terminal === true ? (["stdout"] as const) : (["stdout", "stderr"] as const);
  for (const stream of streams) {
    const path = directory.logFifo(stream);
    rmSync(path, { force: true });
    needs.sys.mkfifo(path, 0o600);
    readers.set(
      stream,
      opened.adopt(openLogReader(needs.sys, path), (fd) => needs.sys.close(fd)),
    );
  }
  const kept = opened.move();
  const stderr = readers.has("stderr") ? directory.logFifo("stderr") : "";
  return {
    paths: { stdout: directory.logFifo("stdout"), stderr },
    take: (inner) => {
      kept.move();
      return new Logged(needs, inner, file, readers);
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}

function openFile(target: LogTarget): LogFile {
  try {
    return new LogFile(target);
  } catch (error) {
    throw fromErrno(error, `shim error: open log ${target.path}`);
  }
}
