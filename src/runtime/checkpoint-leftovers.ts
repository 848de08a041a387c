import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../base/files.ts";
import { criuWorkDirectory } from "./cli/criu.ts";

/** Makes the directory a checkpoint: it gets its name last, so that there are none by halves. */
export const config = "config.json";
/** There while it is being made. */
export const unfinished = "config.json.unfinished";

/** Those that this process is making. */
const making = new Set<string>();

/** Nobody takes the checkpoint at that path for a leftover until this is disposed. */
export function keepWhileMaking(path: string): Disposable {
  making.add(path);
  return { [Symbol.dispose]: () => making.delete(path) };
}

/**
 * What a daemon left that was killed while it made a checkpoint: one that is whole becomes one, since its container may have ended with it;
 * any other is removed. Looked at by whoever uses that directory next.
 */
export async function settleCheckpoint(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  if (!existsSync(join(path, unfinished)) || existsSync(join(path, config))) return;
  // a runtime outlives its daemon, and may still be at it
  if (making.has(path) || isArgumentOfProcess(path)) return;
  if (isWhole(path)) renameSync(join(path, unfinished), join(path, config));
  else await removeTree(directory, name);
}

/** CRIU writes its statistics last of all, and then only ends the container or lets it go on. */
function isWhole(path: string): boolean {
  return existsSync(join(criuWorkDirectory(path), "stats-dump"));
}

function isArgumentOfProcess(path: string): boolean {
  return readdirSync("/proc").some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0").includes(path);
    } catch {
      return false;
    }
  });
}
