import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { raceAbort } from "../base/deadline.ts";
import { Failure, messageOf } from "../base/errors.ts";
import { failpoint } from "../base/failpoint.ts";
import { findCgroups } from "../runtime/cgroup/cgroups.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import type { Launched } from "../shim/client/index.ts";
import { readExitRecord } from "../state/exit-record.ts";
import { readIdentity, readPidFile } from "../state/identity.ts";
import type { ProcessDir } from "../state/layout.ts";
import type { Context } from "./context.ts";
import { identify, openVerified } from "./identify.ts";
import type { ShimLink } from "./shims/link.ts";
import { endRuntimesOf } from "./stray.ts";
import { undoStart } from "./undo-start.ts";

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
  const directory = process.directory.path;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const link = await raceAbort(context.shims.get(shim, container), signal);
      const request = { container: id, process: process.name, bundle, runtime, directory };
      const launched = await link.connection.launch(request, signal);
      takeOver(context, container, process, link, launched);
      failpoint(process.isInit ? "create.launched" : "exec.launched");
      return;
    } catch (error) {
      if (!(error instanceof Failure && error.code === "UNAVAILABLE")) throw error;
      if (hasRun(context, container, process)) return;
      await undoLaunch(context, container, process);
      if (attempt === attempts || signal.aborted) throw error;
      const reason = messageOf(error);
      context.logger.warn("a shim died in the middle of a launch; trying again", {
        ...{ id, process: process.name, reason },
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
  const exit = process.started(pid, startTime);
  if (exit !== undefined) {
    context.exits.notice(container, process, exit);
    return;
  }
  identify(context, container, process);
  holdStdio(context, container, process, () => link.duplicate(held));
}

/** Keeps duplicates of what a process's shim holds for it. */
export function holdStdio(
  context: Pick<Context, "logger">,
  container: Container,
  process: Process,
  duplicate: () => Process["held"],
): void {
  try {
    process.hold(duplicate());
  } catch (error) {
    // the process has ended, or its shim has: then its terminal has, too
    const reason = messageOf(error);
    context.logger.debug("no duplicates of a process's descriptors", {
      ...{ id: container.id, process: process.name, reason },
    });
  }
}

/** A process so short that its shim, which has died before it could answer, had written down its end. */
function hasRun(context: Context, container: Container, process: Process): boolean {
  try {
    const identity = readIdentity(process.directory);
    const exit = readExitRecord(process.directory);
    if (identity === undefined || exit === undefined) return false;
    process.started(identity.pid, identity.startTime);
    context.exits.notice(container, process, { pid: identity.pid, ...exit });
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends whatever there is of a launch whose shim has died: the runtime's own processes, the process that they may have made, and for an
 * init what the runtime keeps of the container.
 */
export async function undoLaunch(context: Context, container: Container, process: Process): Promise<void> {
  const cgroups = await endRuntimesOf(context.sys, process.directory);
  endStarted(context, container, process);
  clear(process.directory);
  if (process.isInit) await undoStart(context, container, cgroups);
}

/** Leaves of a process's directory what its launch begins with: a runtime refuses to write where it finds its own file already. */
function clear({ path, processFile }: ProcessDir): void {
  for (const name of readdirIfThere(path)) {
    const file = join(path, name);
    if (file !== processFile) rmSync(file, { force: true });
  }
}

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** What the runtime had started, by what the shim wrote before it died, or else the runtime. */
function endStarted({ sys, bootId, logger }: Context, container: Container, process: Process): void {
  const { directory } = process;
  try {
    const identity = readIdentity(directory);
    if (identity !== undefined && identity.bootId !== bootId) return;
    const pid = identity?.pid ?? readPidFile(directory);
    if (pid === undefined) return;
    const startTime = identity?.startTime ?? sys.readProc(pid)?.startTime;
    const pidfd = startTime === undefined ? undefined : openVerified(sys, pid, startTime);
    if (pidfd === undefined) return;
    // a bare pid may be anybody's by now: only one in the container's own cgroup is its
    if (identity !== undefined || isWithin(container, pid)) sys.pidfdSendSignal(pidfd, sigkill);
    sys.close(pidfd);
  } catch (error) {
    logger.warn("could not end a half-started process", {
      ...{ process: directory.path, reason: messageOf(error) },
    });
  }
}

function isWithin({ cgroups }: Container, pid: number): boolean {
  const own = cgroups?.processes;
  return own !== undefined && `${findCgroups(pid)?.processes ?? ""}/`.startsWith(`${own}/`);
}
