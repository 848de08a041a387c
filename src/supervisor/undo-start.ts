import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../base/errors.ts";
import { leftCgroups, removeDirectories } from "../runtime/cgroup/remove.ts";
import type { Container } from "../runtime/container.ts";
import type { Sys } from "../sys/sys.ts";
import type { Context } from "./context.ts";
import { runtimeOf } from "./runtime-of.ts";

const undoMs = 30_000;
const sigkill = 9;
/** Processes that were killed are gone from their cgroups at once, but for those that wait for a disk. */
const goneMs = 5000;

/**
 * Leaves nothing of a container that was not started properly, at the runtime and in the cgroups. One that the runtime knows by this id from
 * somebody else, who had made it before ours was asked for, is the reason for the failure then, and stays as it is.
 */
export async function undoStart(
  context: Pick<Context, "execute" | "logger" | "sys">,
  container: Container,
): Promise<void> {
  const runtime = runtimeOf(context, container);
  const limit = AbortSignal.timeout(undoMs);
  const { id, record } = container;
  try {
    const created = await runtime.created(id, limit);
    // runc's "created" has whole seconds in some versions
    if (created !== undefined && created + 1000 <= Number(record.created / 1_000_000n)) return;
    // also where it knows of none: a runtime that was killed leaves a directory that only `delete --force` sees
    await runtime.delete(id, { force: true }, limit);
  } catch (error) {
    context.logger.debug("the runtime could not undo a failed start", { id, error: messageOf(error) });
  }
  await removeLeftCgroups(context, container);
}

/** A runtime that was killed before it wrote down what it had made knows nothing of its cgroups, nor of who is in them. */
async function removeLeftCgroups(
  { sys, logger }: Pick<Context, "sys" | "logger">,
  { id, record }: Container,
): Promise<void> {
  const directories = leftCgroups(id, record.cgroupsPath);
  const end = Date.now() + goneMs;
  for (let pids = removeDirectories(directories); pids.length > 0; pids = removeDirectories(directories)) {
    if (Date.now() > end) {
      logger.warn("cgroups of a failed start are left", { id, pids });
      return;
    }
    for (const pid of pids) kill(sys, pid, directories);
    await pause(5);
  }
}

/** Held by its pidfd while it is looked at again, so that nobody else is hit. */
function kill(
  sys: Pick<Sys, "pidfdOpen" | "pidfdSendSignal" | "close">,
  pid: number,
  directories: readonly string[],
): void {
  try {
    const pidfd = sys.pidfdOpen(pid);
    try {
      if (removeDirectories(directories).includes(pid)) sys.pidfdSendSignal(pidfd, sigkill);
    } finally {
      sys.close(pidfd);
    }
  } catch {
    // it has ended by itself
  }
}
