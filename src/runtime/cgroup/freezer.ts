import type { Cgroups } from "./cgroups.ts";
import { readKeyed, readText } from "./read.ts";

/** Whether the container is frozen: the kernel knows, whoever paused it, and however often the daemon was started since. */
export function isFrozen(cgroups: Cgroups): boolean {
  const v1 = cgroups.directory("freezer");
  if (v1 !== undefined) return readText(`${v1}/freezer.state`)?.startsWith("FR") ?? false;
  const v2 = cgroups.directory("unified");
  return v2 !== undefined && readKeyed(`${v2}/cgroup.events`).get("frozen") === 1n;
}
