import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Cgroups, parseProcessCgroups } from "./cgroups.ts";
import { hierarchies } from "./hierarchies.ts";
import { readText } from "./read.ts";

/** Removes a container's cgroups in every hierarchy, the inner ones first; one that somebody is in stays (cgroups(7)). */
export function removeCgroups(cgroups: Cgroups): void {
  for (const directory of cgroups.directories()) removeGroup(directory);
}

/**
 * Where a container's cgroups may be that its runtime had no time to write down before it was killed: below our own, as runc has it where
 * config.json names none, at the root, and where config.json says. Only such as the id names: others may have been there before.
 *
 * @param cgroupsPath linux.cgroupsPath of config.json, or empty
 */
export function leftCgroups(id: string, cgroupsPath: string): string[] {
  const own = parseProcessCgroups(readText("/proc/self/cgroup") ?? "");
  const found: string[] = [];
  for (const [controller, { mountPoint, root }] of hierarchies()) {
    const path = own.get(controller) ?? "/";
    const base = root === "/" || !path.startsWith(root) ? path : path.slice(root.length);
    const given = cgroupsPath === "" || cgroupsPath.includes(":") ? [] : [cgroupsPath];
    for (const name of [id, `crun/${id}`, ...given])
      found.push(join(mountPoint, base, name), join(mountPoint, name));
  }
  return [...new Set(found)].filter((directory) => basename(directory) === id && existsSync(directory));
}

/** Removes them, the inner ones first; one that somebody is in stays. @returns those who are still in them */
export function removeDirectories(directories: readonly string[]): number[] {
  for (const directory of directories) removeGroup(directory);
  const left = directories.flatMap((directory) => readText(`${directory}/cgroup.procs`)?.split("\n") ?? []);
  return [...new Set(left.filter((line) => line !== "" && line !== "0").map(Number))];
}

function removeGroup(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroup(join(directory, entry.name));
    }
    rmdirSync(directory);
  } catch {
    // not there, or somebody is in it
  }
}
