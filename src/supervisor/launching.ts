import { Failure, messageOf } from "../base/errors.ts";
import { failpoint } from "../base/failpoint.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import type { Launched } from "../shim/client/index.ts";
import { readIdentity } from "../state/identity.ts";
import type { Fd, Sys } from "../sys/sys.ts";
import type { Context } from "./context.ts";
import { deleteIfOurs } from "./runtime-of.ts";
import type { ShimLink } from "./shims/link.ts";
import { endRuntimesOf } from "./stray.ts";

/** A launch whose shim is killed is begun again with the next shim; whoever kills three in a row means it. */
const attempts = 3;
const sigkill = 9;

/**
 * Has the container's shim launch a process whose process.json is written. Afterwards it runs, or has run.
 *
 * @throws the runtime's own failure; nothing is left of the process then
 */
export async function launch(
  context: Context,
  container: Container,
  process: Process,
  signal: AbortSignal,
): Promise<void> {
  const { id, bundle, runtime, shim } = container.record;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const link = await context.shims.get(shim, container);
      const request = {
        container: id,
        process: process.name,
        bundle,
        runtime,
        directory: process.directory.path,
      };
      const launched = await link.connection.launch(request, signal);
      failpoint(process.isInit ? "create.launched" : "exec.launched");
      takeOver(context, container, process, link, launched);
      return;
    } catch (error) {
      const died = error instanceof Failure && error.code === "UNAVAILABLE";
      if (died) await undoLaunch(context, container, process);
      if (!died || attempt === attempts || signal.aborted) throw error;
      context.logger.warn("a shim died in the middle of a launch; trying again", {
        id,
        process: process.name,
        error: messageOf(error),
      });
    }
  }
}

/** What the daemon needs to know a process by, whatever becomes of its shim. */
function takeOver(
  context: Context,
  container: Container,
  process: Process,
  link: ShimLink,
  launched: Launched,
): void {
  const { pid, startTime, held } = launched;
  process.started(pid, startTime);
  if (process.state.kind !== "running") return;
  identify(context, container, process);
  try {
    process.hold(link.duplicate(held));
  } catch (error) {
    // the process has ended, or its shim has: then its terminal has, too
    context.logger.debug("no duplicates of a process's descriptors", {
      id: container.id,
      process: process.name,
      error: messageOf(error),
    });
  }
}

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

/**
 * Ends whatever there is of a launch whose shim has died: the runtime's own processes, the process that they may have made, and for an
 * init what the runtime keeps of the container.
 */
export async function undoLaunch(context: Context, container: Container, process: Process): Promise<void> {
  await endRuntimesOf(context.sys, process.directory);
  endStarted(context, process);
  if (!process.isInit) return;
  await deleteIfOurs(context, container);
}

/** The shim had written which process it is before it died. */
function endStarted({ sys, bootId, logger }: Context, process: Process): void {
  try {
    const identity = readIdentity(process.directory);
    if (identity === undefined || identity.bootId !== bootId) return;
    const pidfd = openVerified(sys, identity.pid, identity.startTime);
    if (pidfd === undefined) return;
    sys.pidfdSendSignal(pidfd, sigkill);
    sys.close(pidfd);
  } catch (error) {
    logger.warn("could not end a half-started process", {
      process: process.directory.path,
      error: messageOf(error),
    });
  }
}
