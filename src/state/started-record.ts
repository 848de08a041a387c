import { linkSync, writeFileSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { readIfThere } from "../base/files.ts";
import type { ProcessDir } from "./layout.ts";

/**
 * started: the process's start has been told. The event log says so too, but forgets what is old. Without a rename: an empty or torn one
 * says the same.
 * An exec's is process.json's second name where that can be: a file of its own costs a disk some hundred times as much.
 *
 * @param cgroups an init's /proc/PID/cgroup, by which its counters are found when it is dead; empty for an exec
 */
export function writeStarted(directory: ProcessDir, cgroups: string): void {
  if (cgroups === "" && linked(directory)) return;
  writeFileSync(directory.startedFile, cgroups, { mode: 0o600 });
}

function linked({ processFile, startedFile }: ProcessDir): boolean {
  try {
    linkSync(processFile, startedFile);
    return true;
  } catch (error) {
    return errnoOf(error) === "EEXIST";
  }
}

/** @returns the cgroups' text of an init, any text of an exec; undefined where the start has not been told */
export function readStarted(directory: ProcessDir): string | undefined {
  return readIfThere(directory.startedFile);
}
