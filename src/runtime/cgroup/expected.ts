import { existsSync } from "node:fs";
import { Cgroups, parseProcessCgroups } from "./cgroups.ts";
import { hierarchies } from "./hierarchies.ts";
import { readText } from "./read.ts";

/**
 * Where a runtime puts a container by itself, as runc's cgroupfs driver does: an absolute cgroupsPath below each hierarchy's root, else
 * its id below the cgroup of whoever starts it.
 */
function expectedCgroups(cgroupsPath: string | undefined, id: string): Cgroups {
  const own = parseProcessCgroups(readText("/proc/self/cgroup") ?? "");
  const paths = new Map(
    [...own].map(([controller, path]) => [
      controller,
      cgroupsPath?.startsWith("/") === true ? cgroupsPath : `${path === "/" ? "" : path}/${id}`,
    ]),
  );
  return new Cgroups(hierarchies(), paths);
}

/**
 * The cgroups of a container whose init has ended before it could be asked; undefined where they are elsewhere, or gone. To be read from:
 * whose name is not the id's may be others' too.
 */
export function findLeftCgroups(cgroupsPath: string | undefined, id: string): Cgroups | undefined {
  const cgroups = expectedCgroups(cgroupsPath, id);
  const { processes } = cgroups;
  return processes !== undefined && existsSync(processes) ? cgroups : undefined;
}
