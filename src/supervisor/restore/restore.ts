import { existsSync, readdirSync } from "node:fs";
import { messageOf } from "../../base/errors.ts";
import { isId } from "../../base/ids.ts";
import type { Logger } from "../../base/logger.ts";
import { Container } from "../../runtime/container.ts";
import { readContainerRecord } from "../../state/container-record.ts";
import type { ContainerDir } from "../../state/layout.ts";
import type { Context } from "../context.ts";
import { commandsUnderWay, endCommands } from "./commands.ts";
import { Known } from "./known.ts";
import { restoreContainer } from "./restore-container.ts";
import type { Restoring } from "./restoring.ts";
import { type Salvaged, salvage } from "./salvage.ts";
import { Survey } from "./survey.ts";

/** How many containers are looked at before the event loop gets its turn. */
const atOnce = 100;

/**
 * Finds again what earlier daemons left: running containers are known as before, ends that nobody was there to tell are told, once, and
 * starts that nobody was there to finish are undone. Resolves when everything is known; ends go on being told.
 */
export async function restore(context: Context): Promise<void> {
  const { state, shims, logger, sys } = context;
  const survey = Survey.of(context.events);
  const lists = await shims.reconnect();
  const restoring: Restoring = { ...context, known: new Known(lists), survey };
  const commands = commandsUnderWay(state);
  const ids = new Set([...directoriesIn(state.containers, logger), ...restoring.known.containers]);
  const each: Promise<void>[] = [];
  for (const id of ids) {
    if (each.length % atOnce === atOnce - 1) await new Promise(setImmediate);
    const pids = commands.get(id) ?? [];
    const begun =
      pids.length === 0
        ? restoreOne(restoring, id)
        : endCommands(sys, state, id, pids).then(() => restoreOne(restoring, id));
    each.push(
      begun.catch((error: unknown) =>
        logger.error("could not restore a container", { id, error: messageOf(error) }),
      ),
    );
  }
  await Promise.all(each);
  shims.dropUnneeded(new Set(context.containers.all().map(({ record }) => record.shim)));
  if (ids.size > 0) logger.info("restored", { containers: context.containers.size, directories: ids.size });
}

/** Names become paths, of which things are removed: a link, or what cannot be an id, is none of ours. */
function directoriesIn(path: string, logger: Logger): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory() && isId(entry.name)) return [entry.name];
    logger.warn("something in the state directory is no container's, and is left alone", {
      path,
      name: entry.name,
    });
    return [];
  });
}

async function restoreOne(restoring: Restoring, id: string): Promise<void> {
  const directory = restoring.state.container(id);
  if (isForgotten(restoring, directory, id)) return;
  const { container, isWhole } =
    readWhole(restoring, directory, id) ?? (await salvage(restoring, directory, id));
  await restoreContainer(restoring, container, isWhole);
}

/** A container that only its shim has not forgotten: the daemon died between the removal of its directory and the word of it. */
function isForgotten({ known, survey, shims }: Restoring, { path }: ContainerDir, id: string): boolean {
  const processes = known.of(id);
  if (existsSync(path) || survey.livingInstance(id) !== undefined) return false;
  if (!processes.every(({ state }) => state === "ended")) return false;
  for (const process of processes)
    if (process.state === "ended") shims.forget(process.shim, process, process.pid);
  return true;
}

function readWhole({ logger }: Restoring, directory: ContainerDir, id: string): Salvaged | undefined {
  try {
    const record = readContainerRecord(directory, id);
    return record === undefined ? undefined : { container: new Container(record, directory), isWhole: true };
  } catch (error) {
    logger.error("a container's record is damaged", { id, error: messageOf(error) });
    return undefined;
  }
}
