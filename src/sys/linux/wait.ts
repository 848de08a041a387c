import type { Ended } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { decodeWaitStatus } from "../wait-status.ts";
import { check, lastErrno, libc } from "./native.ts";

const waitpid = libc<[number, Int32Array, number]>("int waitpid(int pid, void *status, int options)");
const prctl = libc<[number, number, number, number, number]>(
  "int prctl(int option, long a, long b, long c, long d)",
);

const WNOHANG = 1;
const ECHILD = 10;
const PR_SET_CHILD_SUBREAPER = 36;
const raw = new Int32Array(1);

/** Orphans that a subreaper inherits are reaped by the same call, whatever cloned them: the kernel makes them send SIGCHLD. */
export function waitNext(): Ended | undefined {
  const pid = waitpid(-1, raw, WNOHANG);
  if (pid > 0) return { pid, status: decodeWaitStatus(raw[0] ?? 0) };
  if (pid === 0) return undefined;
  const errno = lastErrno();
  if (errno === ECHILD) return undefined;
  throw new SysError("waitpid", errno);
}

/** Kept over exec, but not inherited by children: PR_SET_CHILD_SUBREAPER(2const). */
export function setChildSubreaper(): void {
  check("prctl", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "PR_SET_CHILD_SUBREAPER");
}

/** libuv sees SIGCHLD only while somebody listens; it is no listener that keeps the process alive. */
export function onChildExit(callback: () => void): Disposable {
  const listener = (): void => callback();
  process.on("SIGCHLD", listener);
  return { [Symbol.dispose]: () => process.off("SIGCHLD", listener) };
}
