import { writeFileSync } from "node:fs";
import type { Cgroups } from "../cgroup/cgroups.ts";
import { readText } from "../cgroup/read.ts";
import type { ResourceUpdate } from "../update.ts";

const throttles = [
  "blkio.throttle.read_bps_device",
  "blkio.throttle.write_bps_device",
  "blkio.throttle.read_iops_device",
  "blkio.throttle.write_iops_device",
  "blkio.bfq.weight_device",
];

/**
 * Keeps what was set without the runtime over its own `update`: runc writes anew what config.json says of single devices, and of the quota
 * when the period changes.
 *
 * @returns to be disposed when the runtime is done
 */
export function keepDirectLimits(cgroups: Cgroups, update: ResourceUpdate): Disposable {
  const before = filesOf(cgroups, update).map((file): [string, string[]] => [file, linesOf(file)]);
  return {
    [Symbol.dispose]: () => {
      for (const [file, lines] of before) putBack(file, lines);
    },
  };
}

function filesOf(cgroups: Cgroups, { cpuQuota }: ResourceUpdate): string[] {
  const inside = (controller: string, names: readonly string[]): string[] => {
    const directory = cgroups.directory(controller);
    return directory === undefined ? [] : names.map((name) => `${directory}/${name}`);
  };
  if (cgroups.isV2) return inside("unified", ["io.max"]);
  return [
    ...inside("blkio", throttles),
    ...inside("cpu", cpuQuota === undefined ? ["cpu.cfs_quota_us"] : []),
  ];
}

/** "254:0 1048576", "-1"; but not "default 100", which is for no device. */
function linesOf(file: string): string[] {
  return (readText(file) ?? "").split("\n").filter((line) => /^(\d+:\d+ .+|-?\d+)$/.test(line));
}

function putBack(file: string, before: readonly string[]): void {
  const now = new Set(linesOf(file));
  for (const line of before) {
    if (now.has(line)) continue;
    try {
      writeFileSync(file, line);
    } catch {
      // the container has just ended, or its device went away: there is nothing left to be limited
    }
  }
}
