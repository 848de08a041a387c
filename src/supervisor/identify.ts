import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import type { Fd, Sys } from "../sys/sys.ts";
import type { Context } from "./context.ts";

/** Opens the process's pidfd, and makes it known by its pid. */
export function identify(
  context: Pick<Context, "sys" | "containers">,
  container: Container,
  process: Process,
): void {
  if (process.state.kind !== "running") return;
  const { pid, startTime } = process.state;
  process.pidfd = openVerified(context.sys, pid, startTime);
  if (process.pidfd !== undefined) context.containers.addPid(pid, { container, process });
}

/**
 * @returns a pidfd of the process with that pid and start time; undefined where it is gone. The start time is looked at after the pidfd is
 * open: from then on the pid is nobody else's
 */
export function openVerified(
  sys: Pick<Sys, "pidfdOpen" | "readProc" | "close">,
  pid: number,
  startTime: bigint,
): Fd | undefined {
  let pidfd: Fd;
  try {
    pidfd = sys.pidfdOpen(pid);
  } catch {
    return undefined;
  }
  if (sys.readProc(pid)?.startTime === startTime) return pidfd;
  sys.close(pidfd);
  return undefined;
}
