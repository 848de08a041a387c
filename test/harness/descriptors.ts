import { readdirSync, readlinkSync } from "node:fs";

/** What a process's descriptors lead to, sorted: "socket", "pipe", "anon_inode:[pidfd]", paths; without the numbers of inodes. */
export function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => targetOf(`/proc/${pid}/fd/${fd}`))
    .filter((target) => target !== undefined)
    .sort();
}

/** Undefined where it has been closed meanwhile. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link).replace(/:\[\d+\]$/, "");
  } catch {
    return undefined;
  }
}
