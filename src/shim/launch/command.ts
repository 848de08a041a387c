import { mkdirSync, rmSync } from "node:fs";
import { Failure } from "../../base/errors.ts";
import { Fields } from "../../base/fields.ts";
import { readIfThere } from "../../base/files.ts";
import { execArguments, restoreArguments, runArguments } from "../../runtime/cli/arguments.ts";
import { criuWorkDirectory } from "../../runtime/cli/criu.ts";
import type { ProcessDir } from "../../state/layout.ts";
import type { ProcessRecord } from "../../state/process-record.ts";
import type { LaunchRequest } from "../protocol.ts";

/** The runtime's arguments for what a process.json says: run, exec or restore, detached. */
export function command(
  request: LaunchRequest,
  record: ProcessRecord,
  directory: ProcessDir,
  consoleSocket: string | undefined,
): string[] {
  const call = {
    id: request.container,
    runtimeArgs: record.runtimeArgs,
    log: directory.runtimeLog,
    pidFile: directory.pidFile,
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
  };
  if (record.exec) return execArguments({ ...call, processFile: directory.processFile });
  const run = { ...call, bundle: request.bundle, noPivotRoot: record.noPivotRoot };
  if (record.checkpoint === undefined) return runArguments(run);
  const workPath = criuWorkDirectory(record.checkpoint);
  mkdirSync(workPath, { recursive: true, mode: 0o700 });
  // a failure's reason must not be an earlier one's
  rmSync(`${workPath}/restore.log`, { force: true });
  return restoreArguments({
    ...run,
    imagePath: record.checkpoint,
    workPath,
    flags: restoreFlags(record.checkpoint),
  });
}

/** As 0.2.9: what was allowed when the checkpoint was made is allowed when it is restored. */
function restoreFlags(checkpoint: string): string[] {
  const path = `${checkpoint}/config.json`;
  const text = readIfThere(path);
  if (text === undefined)
    throw new Failure("NOT_FOUND", `shim error: checkpoint ${checkpoint} has no config.json`);
  const fields = Fields.parse(path, text);
  return [
    ...(fields.boolean("tcp", false) ? ["--tcp-established"] : []),
    ...(fields.boolean("shell", false) ? ["--shell-job"] : []),
    ...(fields.boolean("unixSockets", false) ? ["--ext-unix-sk"] : []),
    ...fields.strings("emptyNS", []).flatMap((namespace) => ["--empty-ns", namespace]),
  ];
}
