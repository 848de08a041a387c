import type { Cgroups } from "../cgroup/cgroups.ts";
import type { ResourceUpdate } from "../update.ts";
import { throttlesV2, weightsV2 } from "./devices.ts";
import type { Limit } from "./limits-v1.ts";

/**
 * The kernel's Documentation/admin-guide/cgroup-v2. What runtimes convert, each in its way (shares to weights, swap without the memory
 * in it), is not compared: theirs is the word. Memory of the kernel and of TCP cannot be limited apart from the rest.
 */
export function limitsV2(update: ResourceUpdate, cgroups: Cgroups): Limit[] {
  const directory = cgroups.directory("unified") ?? "";
  const never = (["kernelMemoryLimit", "kernelTcpMemoryLimit"] as const)
    .filter((field) => update[field] !== undefined)
    .map((field) => ({ field, exists: () => false, isSet: () => false, set: () => {} }));
  return [...never, ...weightsV2(update, directory), ...throttlesV2(update, `${directory}/io.max`)];
}
