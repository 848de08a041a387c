import { mkdirSync } from "node:fs";
import { fromErrno } from "../base/errno.ts";
import { Failure } from "../base/errors.ts";
import type { StateDir } from "../state/layout.ts";
import type { FileLock, Sys } from "../sys/sys.ts";

/**
 * Makes the state directory and takes it for this daemon alone, until disposed or until the process ends.
 *
 * @throws Failure FAILED_PRECONDITION that names the process which has it
 */
export function lockStateDir(sys: Pick<Sys, "lockFile">, stateDir: StateDir): FileLock {
  const { path } = stateDir;
  let lock: ReturnType<Sys["lockFile"]>;
  try {
    // Searchable for all: a container's root in a user namespace passes through to its FIFOs. Listable for root alone.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    lock = sys.lockFile(stateDir.lock);
  } catch (error) {
    throw fromErrno(error, `cannot use the state directory ${path}`);
  }
  if (!("holderPid" in lock)) return lock;
  const holder = lock.holderPid === 0 ? "another process" : `process ${lock.holderPid}`;
  throw new Failure("FAILED_PRECONDITION", `cannot use the state directory ${path}: ${holder} is using it`);
}
