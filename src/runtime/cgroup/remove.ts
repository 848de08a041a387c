import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Cgroups } from "./cgroups.ts";

/** Removes a container's cgroups in every hierarchy, the inner ones first; one that somebody is in stays (cgroups(7)). */
export function removeCgroups(cgroups: Cgroups): void {
  for (const directory of cgroups.directories()) removeGroup(directory);
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
