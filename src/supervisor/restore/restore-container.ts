import { existsSync } from "node:fs";
import { cgroupsFrom, findCgroups } from "../../runtime/cgroup/cgroups.ts";
import { isFrozen } from "../../runtime/cgroup/freezer.ts";
import type { Container } from "../../runtime/container.ts";
import type { Process } from "../../runtime/process.ts";
import { readOomsTold } from "../../state/oom-record.ts";
import { readStarted } from "../../state/started-record.ts";
import { undoLaunch } from "../launching.ts";
import { tellStart } from "../tell-start.ts";
import { processesOf } from "./processes.ts";
import type { Restoring } from "./restoring.ts";
import { settle, type Teller, undamaged } from "./settle.ts";

const sigkill = 9;

/** @param isWhole false: nobody can take care of it any more, and it is to end */
export async function restoreContainer(
  restoring: Restoring,
  container: Container,
  isWhole: boolean,
): Promise<void> {
  // a create of the same id waits until it is clear whether there is one
  using _turn = await restoring.turns.exclusive(container.id);
  const told = restoring.survey.about(container.record.instance);
  if (told.last.get("init") === "exit") {
    forget(restoring, container);
    return;
  }
  const processes = processesOf(restoring, container);
  const init = processes.find((process) => process.isInit);
  if (init === undefined) return;
  const teller = await settle(restoring, container, init);
  if (teller === undefined) {
    await undoStart(restoring, container, init);
    return;
  }
  restoring.containers.add(container);
  container.processes.set(init.name, init);
  findCounters(restoring, container, init);
  container.started();
  startTold(restoring, container, init);
  // no bell rings for what happened while nobody listened
  restoring.oom.check(container);
  reconcilePause(restoring, container);
  const execs = processes.filter((process) => process !== init);
  await Promise.all(execs.map((exec) => restoreExec(restoring, container, exec)));
  watchOrTell(restoring, container, init, teller);
  if (!isWhole) end(restoring, container, init);
}

/** No runtime knows it, so that none can delete it. */
function end({ sys }: Restoring, container: Container, init: Process): void {
  container.stuck = true;
  if (init.pidfd !== undefined && init.state.kind === "running") sys.pidfdSendSignal(init.pidfd, sigkill);
}

/** Everything but the removal was done before the last daemon died. */
function forget({ removal, shims, known }: Restoring, container: Container): void {
  removal.remove(container.directory.path);
  for (const process of known.of(container.id))
    if (process.state === "ended") shims.acknowledge(container, process.process, process.pid);
}

/** A start that was on its way when the daemon died, and that no client was told of, is undone: its id is free again. */
async function undoStart(restoring: Restoring, container: Container, init: Process): Promise<void> {
  await undoLaunch(restoring, container, init);
  init[Symbol.dispose]();
  restoring.removal.remove(container.directory.path);
  restoring.logger.warn("undid a start that nobody was there to finish", { id: container.id });
}

async function restoreExec(restoring: Restoring, container: Container, exec: Process): Promise<void> {
  const { removal, shims, known } = restoring;
  const entry = known.get(container.id, exec.name, exec.directory);
  if (exitTold(restoring, container, exec) && entry?.state !== "running") {
    removal.remove(exec.directory.path);
    if (entry?.state === "ended") shims.acknowledge(container, exec.name, entry.pid);
    return;
  }
  const teller = await settle(restoring, container, exec);
  if (teller === undefined) {
    await undoLaunch(restoring, container, exec);
    removal.remove(exec.directory.path);
    return;
  }
  container.processes.set(exec.name, exec);
  startTold(restoring, container, exec);
  watchOrTell(restoring, container, exec, teller);
}

/** Where its processes are accounted, and what the kernel has counted that nobody was told of. */
function findCounters(restoring: Restoring, container: Container, init: Process): void {
  if (container.record.bootId !== restoring.bootId) return;
  const noted = undamaged(restoring, () => readStarted(init.directory));
  container.cgroups =
    (init.state.kind === "running" ? findCgroups(init.pid) : undefined) ??
    (noted === undefined ? undefined : cgroupsFrom(noted));
  const { ooms } = restoring.survey.about(container.record.instance);
  const written = readOomsTold(container.directory);
  restoring.oom.watch(container, written > ooms ? written : ooms);
}

/** Its directory goes just after its exit is told. One of the same name whose start was not told yet is another process. */
function exitTold(restoring: Restoring, container: Container, exec: Process): boolean {
  const last = restoring.survey.about(container.record.instance).last.get(exec.name);
  return last === "exit" && (isMarked(restoring, exec) || !existsSync(exec.directory.path));
}

/** The daemon before may have died between the start and its event. */
function startTold(restoring: Restoring, container: Container, process: Process): void {
  const last = restoring.survey.about(container.record.instance).last.get(process.name);
  if (last === "start" || isMarked(restoring, process)) process.startTold = true;
  else tellStart(restoring, container, process);
}

function isMarked(restoring: Restoring, process: Process): boolean {
  return undamaged(restoring, () => readStarted(process.directory)) !== undefined;
}

/** ... or between a pause and its event. Where the log does not go back to the start, nothing can be said. */
function reconcilePause({ survey, events }: Restoring, container: Container): void {
  const { id, instance } = container.record;
  const { paused, started } = survey.about(instance);
  if (container.cgroups === undefined || (paused === undefined && !started)) return;
  const isPaused = isFrozen(container.cgroups);
  if (isPaused === (paused ?? false)) return;
  events.append({ type: isPaused ? "pause" : "resume", id, pid: "", status: 0, instance });
}

/** Whoever has ended is told of; whoever has no shim is watched. */
function watchOrTell(
  { exits, watching, shims }: Restoring,
  container: Container,
  process: Process,
  teller: Teller,
): void {
  if (process.state.kind === "ended") {
    if (process.isInit) container.end();
    exits.tell(container, process);
  } else if (teller !== "shim") {
    watching.watch(container, process);
    // terminals and stdins died with the last daemon; a log's FIFO is still there
    if (teller === "nobody" && process.record.log !== undefined) void shims.recover({ container, process });
  }
}
