import type { BlkioEntry, BlkioStats, CpuStats, MemoryData, MemoryStats } from "../stats.ts";
import type { Cgroups } from "./cgroups.ts";
import { readHugetlb } from "./hugetlb.ts";
import { noLimit, readKeyed, readNumber, readText } from "./read.ts";
import type { CgroupStats } from "./stats.ts";
import { readPids } from "./stats-v1.ts";

/** The unified hierarchy, in v1's terms: the kernel's Documentation/admin-guide/cgroup-v2, and what runc makes of it. */
export function readV2(cgroups: Cgroups, system: bigint): CgroupStats {
  const directory = cgroups.directory("unified") ?? "";
  return {
    cpu: cpuOf(readKeyed(`${directory}/cpu.stat`), system),
    memory: readMemory(directory),
    blkio: parseIoStat(readText(`${directory}/io.stat`) ?? ""),
    hugetlb: readHugetlb(cgroups),
    pids: readPids(directory),
  };
}

/** Microseconds, and no division by CPU. */
function cpuOf(stat: ReadonlyMap<string, bigint>, system: bigint): CpuStats {
  const ns = (key: string): bigint => (stat.get(key) ?? 0n) * 1000n;
  return {
    ...{ total: ns("usage_usec"), kernel: ns("system_usec"), user: ns("user_usec"), perCpu: [] },
    throttling: {
      periods: stat.get("nr_periods") ?? 0n,
      throttledPeriods: stat.get("nr_throttled") ?? 0n,
      throttledTime: ns("throttled_usec"),
    },
    system,
  };
}

function readMemory(directory: string): MemoryStats {
  const stat = readKeyed(`${directory}/memory.stat`);
  const usage = readMemoryData(directory, "memory", "max");
  const swap = readMemoryData(directory, "memory.swap", "fail");
  const of = (...keys: string[]): bigint => keys.reduce((sum, key) => sum + (stat.get(key) ?? 0n), 0n);
  return {
    cache: of("file"),
    usage,
    // v1 counts memory and swap together, v2 swap alone; its two highest values need not be of one moment
    swap: {
      usage: usage.usage + swap.usage,
      maxUsage: 0n,
      failcnt: swap.failcnt,
      limit: usage.limit === noLimit || swap.limit === noLimit ? noLimit : usage.limit + swap.limit,
    },
    // "kernel" since Linux 5.18
    kernel: {
      usage: stat.get("kernel") ?? of("kernel_stack", "pagetables", "percpu", "slab", "vmalloc"),
      ...{ maxUsage: 0n, failcnt: 0n, limit: noLimit },
    },
    raw: Object.fromEntries(stat),
  };
}

function readMemoryData(directory: string, prefix: string, failures: string): MemoryData {
  const usage = readNumber(`${directory}/${prefix}.current`);
  return {
    usage: usage ?? 0n,
    maxUsage: readNumber(`${directory}/${prefix}.peak`) ?? 0n,
    failcnt: readKeyed(`${directory}/${prefix}.events`).get(failures) ?? 0n,
    // "max" is no number; where there is no such file at all there is nothing to be limited
    limit: readNumber(`${directory}/${prefix}.max`) ?? (usage === undefined ? 0n : noLimit),
  };
}

/** Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6". The rest of v1's lists has no counterpart. */
export function parseIoStat(text: string): BlkioStats {
  const serviceBytes: BlkioEntry[] = [];
  const serviced: BlkioEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^(\d+):(\d+) (.+)$/.exec(line);
    if (match === null) continue;
    const [, major = "0", minor = "0", rest = ""] = match;
    const values = new Map(rest.split(" ").map(keyAndValue));
    for (const [letter, op] of operations) {
      const device = { major: BigInt(major), minor: BigInt(minor), op };
      serviceBytes.push({ ...device, value: BigInt(values.get(`${letter}bytes`) ?? 0) });
      serviced.push({ ...device, value: BigInt(values.get(`${letter}ios`) ?? 0) });
    }
  }
  const none = { queued: [], serviceTime: [], waitTime: [], merged: [], time: [], sectors: [] };
  return { serviceBytes, serviced, ...none };
}

/** Anything but a number counts as 0: io.cost adds keys of its own, such as "cost.usage". */
function keyAndValue(pair: string): [string, string] {
  const [key = "", value = ""] = pair.split("=");
  return [key, /^\d+$/.test(value) ? value : "0"];
}

const operations = [
  ["r", "Read"],
  ["w", "Write"],
  ["d", "Discard"],
] as const;
