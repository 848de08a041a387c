import type { Ended } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { check, lastErrno, libc } from "./native.ts";

const waitid = libc<[number, number, DataView, number]>(
  "int waitid(int idtype, int id, void *info, int options)",
);
const waitpid = libc<[number, Int32Array, number]>("int waitpid(int pid, void *status, int options)");
const prctl = libc<[number, number, number, number, number]>(
  "int prctl(int option, long a, long b, long c, long d)",
);

const WNOHANG = 1;
const ECHILD = 10;
const PR_SET_CHILD_SUBREAPER = 36;
const P_ALL = 0;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
const raw = new Int32Array(1);
/** siginfo_t: si_code at 8, and of a child si_pid at 16 and si_status at 24, on 64-bit machines (sigaction(2)). */
const info = new DataView(new ArrayBuffer(128));
const CLD_EXITED = 1;

/**
 * Orphans that a subreaper inherits are reaped by the same call, whatever cloned them: the kernel makes them send SIGCHLD. Looked at first
 * (WNOWAIT), so that `before` runs while the zombie is still there to be asked, should this process be killed meanwhile.
 */
export function waitNext(before?: (ended: Ended) => void): Ended | undefined {
  const ended = peek();
  if (ended === undefined) return undefined;
  before?.(ended);
  check("waitpid", waitpid(ended.pid, raw, WNOHANG));
  return ended;
}

/** waitid(2): the pid stays 0 where no child has ended. */
function peek(): Ended | undefined {
  info.setInt32(16, 0, true);
  if (waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) === -1) {
    const errno = lastErrno();
    if (errno === ECHILD) return undefined;
    throw new SysError("waitid", errno);
  }
  const pid = info.getInt32(16, true);
  if (pid === 0) return undefined;
  const status = info.getInt32(24, true);
  const exited = info.getInt32(8, true) === CLD_EXITED;
  return { pid, status: exited ? { kind: "exited", code: status } : { kind: "signaled", signal: status } };
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
