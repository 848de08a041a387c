import { readdirSync, readFileSync } from "node:fs";
import { readPidFile } from "../../state/identity.ts";
import type { ProcessDir } from "../../state/layout.ts";

/** A file of /proc, empty where its process is gone. */
export function readProcFile(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A process's children: proc_tid_children(5), which is exact for one that is stopped. */
function children(pid: number): number[] {
  return threads(pid).flatMap((thread) =>
    readProcFile(`/proc/${pid}/task/${thread}/children`)
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Every descendant of a process, the nearest first. */
function descendants(pid: number): number[] {
  const found = children(pid);
  return [...found, ...found.flatMap(descendants)];
}

/**
 * A runtime's helpers, and what they have started. crun leaves its helper in a session of its own, and to us as its parent: it is
 * known by its command line, which is its runtime's.
 *
 * @param mark what is on no other runtime's line
 * @param known processes that are somebody else's for sure: there may be thousands
 */
export function familyOf(pid: number, mark: string, known: ReadonlySet<number>): number[] {
  const strays = children(process.pid).filter(
    (child) => child !== pid && !known.has(child) && readProcFile(`/proc/${child}/cmdline`).includes(mark),
  );
  return [...descendants(pid), ...strays, ...strays.flatMap(descendants)];
}

/** Clock ticks after boot, as start times are counted (proc_pid_stat(5); user space has 100 of them a second). */
export function ticksNow(): bigint {
  return BigInt(Math.floor(Number(readProcFile("/proc/uptime").split(" ")[0]) * 100));
}

/** Children of this process in the same cgroups as a container's init: what was executed in the container, known or not. */
export function childrenBeside(init: ProcessDir): number[] {
  const pid = readPidFile(init);
  const cgroups = pid === undefined ? "" : readProcFile(`/proc/${pid}/cgroup`);
  if (cgroups === "") return [];
  return children(process.pid).filter(
    (child) => child !== pid && readProcFile(`/proc/${child}/cgroup`) === cgroups,
  );
}
