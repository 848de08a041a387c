import { rmdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf } from "../../base/errors.ts";
import { readProcFile } from "./family.ts";

interface Hierarchy {
  /** Where it is mounted. */
  readonly mount: string;
  /** The cgroup of this process in it: "/" or "/a/b". */
  readonly own: string;
}

/** Every hierarchy that is mounted here with its root: proc_pid_mountinfo(5), cgroups(7). */
function hierarchies(): Hierarchy[] {
  const own = new Map(memberships("self"));
  const found: Hierarchy[] = [];
  for (const line of readProcFile("/proc/self/mountinfo").split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, mount = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root !== "/" || (type !== "cgroup" && type !== "cgroup2")) continue;
    const controllers = type === "cgroup2" ? [""] : options.split(",");
    const mine = [...own].find(([names]) => controllers.some((name) => names.split(",").includes(name)));
    found.push({ mount, own: mine?.[1] ?? "/" });
  }
  return found;
}

/** [controllers, path] */
function memberships(pid: number | "self"): [string, string][] {
  return readProcFile(`/proc/${pid}/cgroup`)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, controllers = "", ...path] = line.split(":");
      return [controllers, path.join(":")];
    });
}

/** The cgroups that a process is in, one path for all hierarchies where a runtime has put it into the same everywhere. */
export function cgroupsOf(pid: number): string[] {
  return memberships(pid).map(([, path]) => path);
}

/**
 * Removes what a start that was cut off may have made: a runtime makes and enters the hierarchies' directories one by one. rmdir(2)
 * takes only those without processes; what this process itself is in or below is never tried.
 *
 * @param paths within each hierarchy @param id what runtimes name a cgroup that nobody has named
 * @param signal ends the waiting for those that are dying
 */
export async function removeCgroups(paths: Iterable<string>, id: string, signal: AbortSignal): Promise<void> {
  const wanted = new Set([...paths, `/${id}`]);
  for (const { mount, own } of hierarchies()) {
    const within = new Set([...wanted, `${own === "/" ? "" : own}/${id}`]);
    for (const path of within) {
      if (path === "/" || `${own}/`.startsWith(`${path}/`)) continue;
      while (!removed(`${mount}${path}`) && !signal.aborted)
        await pause(10, undefined, { signal }).catch(() => {});
    }
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
