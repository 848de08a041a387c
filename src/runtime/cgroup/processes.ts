import { readdirSync, statSync } from "node:fs";
import type { Cgroups } from "./cgroups.ts";
import { readText } from "./read.ts";

/** Every pid in the container's cgroup and those below it, in the host's numbers. */
export function pidsIn(cgroups: Cgroups): number[] {
  const directory = cgroups.processes;
  if (directory === undefined) return [];
  const pids: number[] = [];
  collect(directory, pids);
  return pids.sort((one, other) => one - other);
}

function collect(directory: string, pids: number[]): void {
  for (const line of readText(`${directory}/cgroup.procs`)?.split("\n") ?? []) {
    // 0: a process of a PID namespace that this one cannot see
    if (line !== "" && line !== "0") pids.push(Number(line));
  }
  for (const name of childGroups(directory)) collect(`${directory}/${name}`, pids);
}

function childGroups(directory: string): string[] {
  try {
    // "." and its parent's entry: a cgroup's links count its children (kernfs), and nearly none has any
    if (statSync(directory).nlink <= 2) return [];
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
