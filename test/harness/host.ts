import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";

const legacy = "/sys/fs/cgroup/hugetlb";

/**
 * Makes the machine one that every runtime accepts: crun refuses a cgroup v1 machine whose unified hierarchy alone has the
 * hugetlb controller, until that controller is mounted as a v1 hierarchy too. Other machines are left as they are.
 */
export function prepareHost(): void {
  if (process.getuid?.() !== 0) throw new Error("the integration tests start containers: run them as root");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const needed =
    mounts.includes(" /sys/fs/cgroup/unified ") &&
    mounts.includes(" /sys/fs/cgroup/memory ") &&
    !mounts.includes(` ${legacy} `);
  if (!needed) return;
  if (!existsSync(legacy)) mkdirSync(legacy);
  try {
    execFileSync("mount", ["-t", "cgroup", "-o", "hugetlb", "cgroup", legacy], { stdio: "pipe" });
  } catch (error) {
    // another test file, running at the same moment, may have been first
    if (!readFileSync("/proc/self/mountinfo", "utf8").includes(` ${legacy} `)) throw error;
  }
}
