import { uptime } from "node:os";
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
 *
 * @param cgroups directories in which processes of the start were seen
 */
export async function undoStart(
  context: Pick<Context, "execute" | "logger" | "sys">,
  container: Container,
  cgroups: ReadonlySet<string> = new Set(),
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
  await removeLeftCgroups(context, container, cgroups);
}

/** A runtime that was killed before it wrote down what it had made knows nothing of its cgroups, nor of who is in them. */
async function removeLeftCgroups(
  { sys, logger }: Pick<Context, "sys" | "logger">,
  { id, record }: Container,
  cgroups: ReadonlySet<string>,
): Promise<void> {
  const directories = [...new Set([...cgroups, ...leftCgroups(id, record.cgroupsPath)])];
  // one of the same id at another runtime's root may be in them: its processes are older than what was asked for
  const since = ticksAt(record.created);
  const end = Date.now() + goneMs;
  for (let pids = removeDirectories(directories); pids.length > 0; pids = removeDirectories(directories)) {
    if (Date.now() > end) {
      logger.warn("cgroups of a failed start are left", { id, pids });
      return;
    }
    const ours = pids.filter((pid) => (sys.readProc(pid)?.startTime ?? 0n) >= since);
    if (ours.length === 0) return;
    for (const pid of ours) kill(sys, pid, directories);
    await pause(5);
  }
}

/** A time (ns since 1970) as the kernel counts start times: in clock ticks after boot, a hundred a second; somewhat early. */
function ticksAt(time: bigint): bigint {
  const ago = Date.now() / 1000 - Number(time / 1_000_000n) / 1000;
  return BigInt(Math.max(0, Math.floor((uptime() - ago - 1) * 100)));
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
