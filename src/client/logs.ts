import { logTime } from "../base/log-record.ts";
import type { CallOptions } from "./call.ts";
import type { Rpc } from "./rpc.ts";
import { nanosecondsOf, type Since } from "./time.ts";

/** A piece of what a logged container said. */
export interface LogRecord {
  /** When, RFC 3339 in UTC with nine decimals. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Ends with a newline where the line ends; without one the stream's next record goes on. */
  readonly log: string;
}

export interface LogsOptions extends CallOptions {
  /** Go on until the container has ended. */
  readonly follow?: boolean | undefined;
  /** Only from this moment on. */
  readonly since?: Since | undefined;
  /** Only so many of the last lines. */
  readonly tail?: number | undefined;
}

/** @throws NotFound where there is no log; Unimplemented where the daemon is an older one */
export async function* readLogs(
  rpc: Rpc,
  id: string,
  { follow = false, since, tail, ...call }: LogsOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const request = {
    ...{ id, follow },
    since: since === undefined ? "" : logTime(nanosecondsOf(since)),
    // On the wire 0 is all, and negative none.
    tail: tail === undefined ? 0 : tail === 0 ? -1 : tail,
  };
  for await (const { records } of rpc.logs(request, call))
    for (const { time, stream, log } of records)
      yield { time, stream: stream === "stderr" ? "stderr" : "stdout", log };
}
