import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf } from "../../base/errors.ts";

/** A file of /proc, empty where its process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Every descendant of a process, the nearest first: proc_tid_children(5). It should be stopped while it is asked about. */
export function descendants(pid: number): number[] {
  const found = threads(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`)
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
  return [...found, ...found.flatMap(descendants)];
}

/** Where the hierarchies are mounted, by their controllers ("" for v2's): proc_pid_mountinfo(5). */
function hierarchies(): Map<string, string> {
  const mounts = new Map<string, string>();
  for (const line of read("/proc/self/mountinfo").split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, mountPoint = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root !== "/") continue;
    if (type === "cgroup2") mounts.set("", mountPoint);
    if (type === "cgroup") for (const option of options.split(",")) mounts.set(option, mountPoint);
  }
  return mounts;
}

/** The directories of the cgroups that a process is in, but for those that this process is in or below: those are not a container's. */
export function ownCgroups(pid: number): string[] {
  const mounts = hierarchies();
  const mine = new Map(memberships("self"));
  return memberships(pid).flatMap(([controllers, path]) => {
    const mount = mounts.get(controllers.split(",")[0] ?? "");
    const own = mine.get(controllers) ?? "/";
    return mount === undefined || `${own}/`.startsWith(path === "/" ? "/" : `${path}/`)
      ? []
      : [`${mount}${path}`];
  });
}

/** [controllers, path]: cgroups(7). */
function memberships(pid: number | "self"): [string, string][] {
  return read(`/proc/${pid}/cgroup`)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, controllers = "", ...path] = line.split(":");
      return [controllers, path.join(":")];
    });
}

/** Removes cgroups as they become empty; what is in use by somebody else stays. @param signal ends the waiting */
export async function removeCgroups(paths: Iterable<string>, signal: AbortSignal): Promise<void> {
  for (const path of paths) {
    while (!removed(path) && !signal.aborted) await pause(10, undefined, { signal }).catch(() => {});
  }
}

function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    // A dying process is in it until it is reaped.
    return errnoOf(error) !== "EBUSY";
  }
}
