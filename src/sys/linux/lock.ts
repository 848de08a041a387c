import { ftruncateSync, readFileSync, writeSync } from "node:fs";
import type { Fd, FileLock, LockHeld } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { close } from "./files.ts";
import { lastErrno, libc } from "./native.ts";
import { once } from "./once.ts";
import { open } from "./open.ts";

const flock = libc<[Fd, number]>("int flock(int fd, int operation)");

const O_RDWR = 0o2;
const O_CREAT = 0o100;
const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

/**
 * flock(2) goes with the open file: it ends with the last descriptor, so a crash leaves nothing to clean up. The file
 * stays: whoever unlinked it could lock a second one beside somebody who still waits for the first.
 */
export function lockFile(path: string): FileLock | LockHeld {
  const fd = open(path, O_RDWR | O_CREAT, 0o600);
  if (flock(fd, LOCK_EX | LOCK_NB) === -1) {
    const errno = lastErrno();
    close(fd);
    if (errno === EWOULDBLOCK) return { holderPid: pidIn(path) };
    throw new SysError("flock", errno, path);
  }
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
  } catch (error) {
    // The pid is only there to be told: a full disk is no reason not to hold the lock.
    if (!isDiskFull(error)) {
      close(fd);
      throw error;
    }
  }
  return { [Symbol.dispose]: once(() => close(fd)) };
}

function pidIn(path: string): number {
  const pid = Number.parseInt(readFileSync(path, "latin1"), 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : 0;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
