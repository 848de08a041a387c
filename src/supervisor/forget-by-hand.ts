import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { removeTree } from "../base/files.ts";
import { removeCgroups } from "../runtime/cgroup/remove.ts";
import type { Container } from "../runtime/container.ts";

/** The files by which the runtimes that are known know their containers. */
const marks = ["state.json", "status"];

/**
 * Does what a runtime's `delete` does, for a container that no runtime can delete since its init never becomes a zombie: removes its
 * cgroups, which nobody is in, and the runtime's own record of it.
 */
export async function forgetByHand(container: Container): Promise<void> {
  if (container.cgroups !== undefined) removeCgroups(container.cgroups);
  const root = rootOf(container.record.runtime, container.record.runtimeArgs);
  const directory = join(root, container.id);
  if (marks.some((mark) => existsSync(join(directory, mark)))) await removeTree(root, container.id);
}

/** runc(8) and crun(1): --root, else /run/NAME for root. */
function rootOf(runtime: string, args: readonly string[]): string {
  const index = args.findLastIndex((arg) => arg === "--root" || arg.startsWith("--root="));
  const given =
    args[index]?.startsWith("--root=") === true ? args[index]?.slice("--root=".length) : args[index + 1];
  return index !== -1 && given !== undefined ? given : join("/run", basename(runtime));
}
