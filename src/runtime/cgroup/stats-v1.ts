import type { CpuStats, MemoryData, MemoryStats, PidsStats } from "../stats.ts";
import { readBlkioV1 } from "./blkio-v1.ts";
import type { Cgroups } from "./cgroups.ts";
import { readHugetlb } from "./hugetlb.ts";
import { nsPerTick } from "./machine-cpu.ts";
import { readKeyed, readNumber, readText, toNumber } from "./read.ts";
import type { CgroupStats } from "./stats.ts";

/** Controllers in hierarchies of their own: the kernel's Documentation/admin-guide/cgroup-v1. */
export function readV1(cgroups: Cgroups, system: bigint): CgroupStats {
  return {
    cpu: readCpu(cgroups, system),
    memory: readMemory(cgroups.directory("memory")),
    blkio: readBlkioV1(cgroups.directory("blkio")),
    hugetlb: readHugetlb(cgroups),
    pids: readPids(cgroups.directory("pids")),
  };
}

function readCpu(cgroups: Cgroups, system: bigint): CpuStats {
  const cpu = cgroups.directory("cpu");
  const cpuacct = cgroups.directory("cpuacct");
  const periods = cpu === undefined ? noNumbers : readKeyed(`${cpu}/cpu.stat`);
  const ticks = cpuacct === undefined ? noNumbers : readKeyed(`${cpuacct}/cpuacct.stat`);
  const perCpu = cpuacct === undefined ? "" : (readText(`${cpuacct}/cpuacct.usage_percpu`) ?? "");
  return {
    total: (cpuacct === undefined ? undefined : readNumber(`${cpuacct}/cpuacct.usage`)) ?? 0n,
    perCpu: perCpu
      .split(/\s+/)
      .map(toNumber)
      .filter((value) => value !== undefined),
    kernel: (ticks.get("system") ?? 0n) * nsPerTick,
    user: (ticks.get("user") ?? 0n) * nsPerTick,
    throttling: {
      periods: periods.get("nr_periods") ?? 0n,
      throttledPeriods: periods.get("nr_throttled") ?? 0n,
      throttledTime: periods.get("throttled_time") ?? 0n,
    },
    system,
  };
}

function readMemory(directory: string | undefined): MemoryStats {
  const stat = directory === undefined ? noNumbers : readKeyed(`${directory}/memory.stat`);
  return {
    cache: stat.get("cache") ?? 0n,
    usage: readMemoryData(directory, "memory"),
    // memory and swap together, as runc and 0.2.x have it
    swap: readMemoryData(directory, "memory.memsw"),
    kernel: readMemoryData(directory, "memory.kmem"),
    raw: Object.fromEntries(stat),
  };
}

/** memory.memsw is not there where swap is not accounted, memory.kmem not in every kernel. */
function readMemoryData(directory: string | undefined, prefix: string): MemoryData {
  const read = (name: string): bigint =>
    (directory === undefined ? undefined : readNumber(`${directory}/${prefix}.${name}`)) ?? 0n;
  return {
    usage: read("usage_in_bytes"),
    maxUsage: read("max_usage_in_bytes"),
    failcnt: read("failcnt"),
    limit: read("limit_in_bytes"),
  };
}

export function readPids(directory: string | undefined): PidsStats {
  if (directory === undefined) return { current: 0n, limit: 0n };
  return {
    current: readNumber(`${directory}/pids.current`) ?? 0n,
    limit: readNumber(`${directory}/pids.max`) ?? 0n,
  };
}

const noNumbers: ReadonlyMap<string, bigint> = new Map();
