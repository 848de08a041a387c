import type { Clock } from "../../base/clock.ts";
import type { Stats } from "../stats.ts";
import type { Cgroups } from "./cgroups.ts";
import { machineCpuTime } from "./machine-cpu.ts";
import { readNetwork } from "./network.ts";
import { readV1 } from "./stats-v1.ts";
import { readV2 } from "./stats-v2.ts";

/** What cgroups alone tell. */
export type CgroupStats = Omit<Stats, "network" | "timestamp">;

/**
 * One reading of everything there is. What the kernel does not have (a controller that is not mounted, a container that is just
 * ending) reads as zero: a client that watches gets numbers, not errors.
 *
 * @param pid of a process in the container's network namespace; 0 where there is none
 */
export function readStats(cgroups: Cgroups, pid: number, clock: Clock): Stats {
  const system = machineCpuTime();
  const read = cgroups.isV2 ? readV2(cgroups, system) : readV1(cgroups, system);
  return { ...read, network: readNetwork(pid), timestamp: clock.now() };
}
