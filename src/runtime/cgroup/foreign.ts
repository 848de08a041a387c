import { type Cgroups, findCgroups } from "./cgroups.ts";

/**
 * A container's directories that this process is neither in nor below: for those who remove them. What a runtime has put into no cgroup
 * yet is still in its starter's.
 */
export function directoriesOfItsOwn(cgroups: Cgroups): string[] {
  const ours = findCgroups(process.pid)?.directories() ?? [];
  return cgroups
    .directories()
    .filter((directory) => !ours.some((own) => own === directory || own.startsWith(`${directory}/`)));
}
