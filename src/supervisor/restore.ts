import { readdirSync, statSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { isId } from "../base/ids.ts";
import { findCgroups } from "../runtime/cgroup/cgroups.ts";
import { Container } from "../runtime/container.ts";
import { Process } from "../runtime/process.ts";
import type { ShimProcess } from "../shim/client/index.ts";
import { readContainerRecord } from "../state/container-record.ts";
import { readExitRecord } from "../state/exit-record.ts";
import { readIdentity } from "../state/identity.ts";
import type { ContainerDir } from "../state/layout.ts";
import { readProcessRecord } from "../state/process-record.ts";
import type { Context } from "./context.ts";
import { eventKey } from "./events/hub.ts";
import { identify, undoLaunch } from "./launching.ts";
import type { Removal } from "./removal.ts";
import { salvage } from "./salvage.ts";
import type { Watching } from "./watching.ts";

const unknownStatus = 255;

/** What the shims know, by "container/process". */
type Known = ReadonlyMap<string, ShimProcess>;

interface Restoring extends Context {
  readonly watching: Watching;
  readonly removal: Removal;
  readonly known: Known;
  /** What the event log has, as eventKey writes it. */
  readonly told: ReadonlySet<string>;
}

/**
 * Finds again what earlier daemons left: running containers are known as before, ends that nobody was there to tell are told, once, and
 * starts that nobody was there to finish are undone.
 */
export async function restore(context: Context, watching: Watching, removal: Removal): Promise<void> {
  const shims = await context.shims.reconnect();
  const known = new Map(
    [...shims.values()].flat().map((process) => [`${process.container}/${process.process}`, process]),
  );
  const restoring: Restoring = { ...context, watching, removal, known, told: context.events.keys() };
  const ids = readdirSync(context.state.containers);
  for (const [index, id] of ids.entries()) {
    if (index % 100 === 99) await new Promise(setImmediate);
    try {
      await restoreOne(restoring, id);
    } catch (error) {
      context.logger.error("could not restore a container", { id, error: messageOf(error) });
    }
  }
}

async function restoreOne(restoring: Restoring, id: string): Promise<void> {
  const { state, removal, logger, events, told } = restoring;
  if (!isId(id)) {
    logger.warn("something in the state directory is no container", { name: id });
    return;
  }
  const directory = state.container(id);
  const container = readContainer(restoring, directory, id);
  if (container === undefined) return await salvage(restoring, directory, id);
  const { instance } = container.record;
  if (told.has(eventKey("exit", instance, "init"))) {
    // everything but the removal was done
    removal.remove(directory.path);
    return;
  }
  const processes = readProcesses(restoring, container);
  const init = processes.find((process) => process.isInit);
  if (init === undefined || !(await settle(restoring, container, init)))
    return await undoStart(restoring, container, init);
  restoring.containers.add(container);
  container.processes.set(init.name, init);
  container.cgroups = init.state.kind === "running" ? findCgroups(init.pid) : undefined;
  restoring.oom.watch(container, true);
  container.started();
  startTold(restoring, container, init);
  for (const process of processes) {
    if (!process.isInit) await restoreExec(restoring, container, process);
  }
  if (events.has("exit", instance, "init")) return;
  watchOrTell(restoring, container, init);
}

function readContainer({ logger }: Restoring, directory: ContainerDir, id: string): Container | undefined {
  try {
    const record = readContainerRecord(directory, id);
    return record === undefined ? undefined : new Container(record, directory);
  } catch (error) {
    logger.error("a container's record is damaged", { id, error: messageOf(error) });
    return undefined;
  }
}

function readProcesses({ sys, logger }: Restoring, container: Container): Process[] {
  const processes: Process[] = [];
  for (const entry of readdirSync(container.directory.path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !isId(entry.name)) continue;
    const directory = container.directory.process(entry.name);
    try {
      const record = readProcessRecord(directory);
      if (record !== undefined)
        processes.push(new Process(entry.name, directory, record, (fd) => sys.close(fd)));
      else logger.warn("a process has no record", { id: container.id, process: entry.name });
    } catch (error) {
      logger.error("a process's record is damaged", {
        id: container.id,
        process: entry.name,
        error: messageOf(error),
      });
    }
  }
  return processes;
}

/**
 * Finds out how far a process is: from its shim, which knows best, or from what is on disk and in /proc.
 *
 * @returns false where it was never started properly
 */
async function settle(restoring: Restoring, container: Container, process: Process): Promise<boolean> {
  const { clock, logger } = restoring;
  const known = restoring.known.get(`${container.id}/${process.name}`);
  const exit = readDamaged(() => readExitRecord(process.directory), logger);
  const identity = readDamaged(() => readIdentity(process.directory), logger);
  if (known?.state === "launching") {
    const link = await restoring.shims.find(container.record.shim);
    await link?.connection.abort({ container: container.id, process: process.name });
    return false;
  }
  if (known?.state === "running") {
    process.started(known.pid, known.startTime);
    identify(restoring, container, process);
    const link = await restoring.shims.find(container.record.shim);
    try {
      if (link !== undefined) process.hold(link.duplicate(known.held));
    } catch (error) {
      logger.warn("no duplicates of a process's descriptors", {
        id: container.id,
        process: process.name,
        error: messageOf(error),
      });
    }
    return true;
  }
  if (known?.state === "ended") process.end(known.pid, known.status, known.at);
  else if (exit !== undefined) process.end(identity?.pid ?? 0, exit.status, exit.at);
  else if (identity === undefined) return false;
  else if (identity.bootId !== restoring.bootId) process.end(identity.pid, unknownStatus, clock.now());
  else {
    process.started(identity.pid, identity.startTime);
    identify(restoring, container, process);
  }
  return true;
}

function readDamaged<T>(read: () => T, logger: Context["logger"]): T | undefined {
  try {
    return read();
  } catch (error) {
    logger.error("a file of the state directory is damaged", { error: messageOf(error) });
    return undefined;
  }
}

/** A start that was on its way when the daemon died, and that no client was told of, is undone: its id is free again. */
async function undoStart(
  restoring: Restoring,
  container: Container,
  init: Process | undefined,
): Promise<void> {
  restoring.logger.warn("undid a start that nobody was there to finish", { id: container.id });
  if (init !== undefined) await undoLaunch(restoring, container, init);
  init?.[Symbol.dispose]();
  restoring.removal.remove(container.directory.path);
}

async function restoreExec(restoring: Restoring, container: Container, process: Process): Promise<void> {
  const { told, removal } = restoring;
  if (told.has(eventKey("exit", container.record.instance, process.name))) {
    process[Symbol.dispose]();
    removal.remove(process.directory.path);
    return;
  }
  if (!(await settle(restoring, container, process))) {
    await undoLaunch(restoring, container, process);
    process[Symbol.dispose]();
    removal.remove(process.directory.path);
    return;
  }
  container.processes.set(process.name, process);
  startTold(restoring, container, process);
  watchOrTell(restoring, container, process);
}

/** The daemon before may have died between the start and its event; or the event is so old that the log has dropped it. */
function startTold({ events, told }: Restoring, container: Container, process: Process): void {
  const { id, instance, created } = container.record;
  const type = process.isInit ? "start-container" : "start-process";
  const pid = process.isInit ? "" : process.name;
  const at = process.isInit ? created : modified(process.directory.processFile);
  const isTold = told.has(eventKey(type, instance, pid)) || at < events.forgotten;
  if (!isTold) events.append({ type, id, pid, status: 0, instance });
  process.startTold = true;
}

/** When a file was written, in ns since 1970. */
function modified(path: string): bigint {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n;
}

/** Whoever has ended is told of; whoever has no shim is watched. */
function watchOrTell(restoring: Restoring, container: Container, process: Process): void {
  const { exits, known, watching } = restoring;
  if (process.state.kind === "ended") {
    if (process.isInit) container.end();
    exits.tell(container, process);
  } else if (!known.has(`${container.id}/${process.name}`)) watching.watch(container, process);
}
