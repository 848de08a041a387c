import { readdirSync, readlinkSync } from "node:fs";

/** What this process has open, as "number → target". */
export function openFds(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      // The descriptor of this very listing.
      return target.endsWith("/fd") ? [] : [`${fd} → ${target}`];
    } catch {
      return [];
    }
  });
}
