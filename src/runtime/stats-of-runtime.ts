import type { Clock } from "../base/clock.ts";
import { machineCpuTime } from "./cgroup/machine-cpu.ts";
import { noLimit } from "./cgroup/read.ts";
import type {
  BlkioEntry,
  BlkioStats,
  CpuStats,
  HugetlbStats,
  MemoryData,
  MemoryStats,
  NetworkStats,
  Stats,
} from "./stats.ts";

/**
 * `events --stats` as runc prints it (its types/events.go), for a runtime whose containers have no cgroup that can be found: one in a
 * virtual machine. What is missing reads as zero.
 */
export function statsOfRuntime(event: unknown, clock: Clock): Stats {
  const data = new Part(event).part("data");
  const pids = data.part("pids");
  return {
    network: data.list("network_interfaces").map(networkOf),
    cpu: cpuOf(data.part("cpu")),
    memory: memoryOf(data.part("memory")),
    blkio: blkioOf(data.part("blkio")),
    hugetlb: Object.fromEntries(
      data
        .part("hugetlb")
        .entries()
        .map(([size, part]) => [size, hugetlbOf(part)]),
    ),
    pids: { current: pids.number("current"), limit: pids.number("limit") },
    timestamp: clock.now(),
  };
}

function cpuOf(cpu: Part): CpuStats {
  const [usage, throttling] = [cpu.part("usage"), cpu.part("throttling")];
  return {
    ...{ total: usage.number("total"), kernel: usage.number("kernel"), user: usage.number("user") },
    perCpu: usage.list("percpu").map((part) => part.asNumber()),
    throttling: {
      periods: throttling.number("periods"),
      throttledPeriods: throttling.number("throttledPeriods"),
      throttledTime: throttling.number("throttledTime"),
    },
    system: machineCpuTime(),
  };
}

function memoryOf(memory: Part): MemoryStats {
  return {
    cache: memory.number("cache"),
    usage: memoryDataOf(memory.part("usage")),
    swap: memoryDataOf(memory.part("swap")),
    kernel: memoryDataOf(memory.part("kernel")),
    raw: Object.fromEntries(
      memory
        .part("raw")
        .entries()
        .map(([key, part]) => [key, part.asNumber()]),
    ),
  };
}

function memoryDataOf(part: Part): MemoryData {
  return {
    ...{ usage: part.number("usage"), maxUsage: part.number("max") },
    ...{ failcnt: part.number("failcnt"), limit: part.number("limit") },
  };
}

function hugetlbOf(part: Part): HugetlbStats {
  return memoryDataOf(part);
}

function blkioOf(blkio: Part): BlkioStats {
  const read = (name: string): BlkioEntry[] => blkio.list(name).map(entryOf);
  return {
    ...{ serviceBytes: read("ioServiceBytesRecursive"), serviced: read("ioServicedRecursive") },
    ...{ queued: read("ioQueueRecursive"), serviceTime: read("ioServiceTimeRecursive") },
    ...{ waitTime: read("ioWaitTimeRecursive"), merged: read("ioMergedRecursive") },
    ...{ time: read("ioTimeRecursive"), sectors: read("sectorsRecursive") },
  };
}

function entryOf(part: Part): BlkioEntry {
  const device = { major: part.number("major"), minor: part.number("minor") };
  return { ...device, op: part.text("op"), value: part.number("value") };
}

/** The only ones with Go's names: libcontainer's NetworkInterface has no JSON tags. */
function networkOf(part: Part): NetworkStats {
  return {
    name: part.text("Name"),
    ...{ rxBytes: part.number("RxBytes"), rxPackets: part.number("RxPackets") },
    ...{ rxErrors: part.number("RxErrors"), rxDropped: part.number("RxDropped") },
    ...{ txBytes: part.number("TxBytes"), txPackets: part.number("TxPackets") },
    ...{ txErrors: part.number("TxErrors"), txDropped: part.number("TxDropped") },
  };
}

/** A piece of JSON in which anything may be missing. */
class Part {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  entries(): [string, Part][] {
    if (typeof this.#value !== "object" || this.#value === null) return [];
    return Object.entries(this.#value).map(([key, value]) => [key, new Part(value)]);
  }

  part(name: string): Part {
    return this.entries().find(([key]) => key === name)?.[1] ?? new Part(undefined);
  }

  list(name: string): Part[] {
    const value = this.part(name).#value;
    return Array.isArray(value) ? value.map((item) => new Part(item)) : [];
  }

  number(name: string): bigint {
    return this.part(name).asNumber();
  }

  /** A double has rounded 2^64 - 1, "no limit", up to what is no uint64. */
  asNumber(): bigint {
    if (typeof this.#value !== "number" || !Number.isInteger(this.#value) || this.#value < 0) return 0n;
    const number = BigInt(this.#value);
    return number > noLimit ? noLimit : number;
  }

  text(name: string): string {
    const value = this.part(name).#value;
    return typeof value === "string" ? value : "";
  }
}
