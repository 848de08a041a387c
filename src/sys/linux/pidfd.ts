import type { Fd } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { decodeWaitStatus, type WaitStatus } from "../wait-status.ts";
import { check, lastErrno, libc } from "./native.ts";

// glibc has wrappers only since 2.36. The numbers are the same on every architecture.
const syscall = libc<[number, number, number, number, number]>(
  "long syscall(long number, long a, long b, long c, long d)",
);
const ioctl = libc<[Fd, number, DataView]>("int ioctl(int fd, unsigned long request, void *argument)");
const cKill = libc<[number, number]>("int kill(int pid, int signal)");

const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

/** _IOWR(0xFF, 11, struct pidfd_info), in the 64 bytes that it had first; the kernel accepts each size since. */
const PIDFD_GET_INFO = 0xc040_ff0b;
const PIDFD_INFO_EXIT = 1n << 3n;
const MASK = 0;
const EXIT_CODE = 60;
const info = new DataView(new ArrayBuffer(64));

/** Kernels that know no such ioctl (ENOTTY, EINVAL), and those before 6.15 for a process that is gone (ESRCH). */
const UNKNOWN: ReadonlySet<number> = new Set([3, 22, 25]);

/** The descriptor is close-on-exec by itself: pidfd_open(2). */
export function pidfdOpen(pid: number): Fd {
  return check("pidfd_open", syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0), String(pid));
}

export function pidfdSendSignal(pidfd: Fd, signal: number): void {
  check("pidfd_send_signal", syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0));
}

export function pidfdGetFd(pidfd: Fd, fd: Fd): Fd {
  return check("pidfd_getfd", syscall(SYS_PIDFD_GETFD, pidfd, fd, 0, 0));
}

export function pidfdExitStatus(pidfd: Fd): WaitStatus | undefined {
  info.setBigUint64(MASK, PIDFD_INFO_EXIT, true);
  if (ioctl(pidfd, PIDFD_GET_INFO, info) === -1) {
    const errno = lastErrno();
    if (UNKNOWN.has(errno)) return undefined;
    throw new SysError("ioctl", errno, "PIDFD_GET_INFO");
  }
  // The mask that comes back says what is there: no exit while nobody has reaped the process.
  if ((info.getBigUint64(MASK, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
  return decodeWaitStatus(info.getInt32(EXIT_CODE, true));
}

export function kill(pid: number, signal: number): void {
  check("kill", cKill(pid, signal), String(pid));
}
