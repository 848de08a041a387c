import { writeFileSync } from "node:fs";
import { readIfThere } from "../base/files.ts";
import type { ProcessDir } from "./layout.ts";

/**
 * started: the process's start has been told. The event log says so too, but forgets what is old. Without a rename: an empty or torn one
 * says the same.
 *
 * @param cgroups an init's /proc/PID/cgroup, by which its counters are found when it is dead; empty for an exec
 */
export function writeStarted(directory: ProcessDir, cgroups: string): void {
  writeFileSync(directory.startedFile, cgroups, { mode: 0o600 });
}

/** @returns the cgroups' text; undefined where the start has not been told */
export function readStarted(directory: ProcessDir): string | undefined {
  return readIfThere(directory.startedFile);
}
