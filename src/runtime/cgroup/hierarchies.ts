import { readFileSync } from "node:fs";

/** A mounted hierarchy: one or more v1 controllers, or the unified v2 one (cgroups(7)). */
export interface Hierarchy {
  readonly mountPoint: string;
  /** Which cgroup is at the mount point: "/" but in containers. */
  readonly root: string;
}

/** Every mounted controller by name; the v2 hierarchy is "unified". */
export type Hierarchies = ReadonlyMap<string, Hierarchy>;

/** Reads which hierarchies are mounted where. @param text /proc/self/mountinfo, see proc_pid_mountinfo(5) */
export function parseHierarchies(text: string): Hierarchies {
  const found = new Map<string, Hierarchy>();
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    const hierarchy = { mountPoint: unescaped(mountPoint), root: unescaped(root) };
    if (type === "cgroup2" && !found.has("unified")) found.set("unified", hierarchy);
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) if (!found.has(option)) found.set(option, hierarchy);
  }
  return found;
}

/** mountinfo writes a space as \040. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

let mounted: Hierarchies | undefined;

/** This machine's; read once, and anew when something is missing in it. */
export function hierarchies(again = false): Hierarchies {
  if (mounted === undefined || again)
    mounted = parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"));
  return mounted;
}
