import type {
  BlkioStats as BlkioMessage,
  HugetlbStats as HugetlbMessage,
  MemoryData,
  NetworkStats as NetworkMessage,
} from "../gen/types/api_pb.ts";
import type { Answer, Plain } from "./rpc.ts";
import { dateOf, fromTimestamp } from "./time.ts";

/** One reading of a container's resources. Times are in nanoseconds, memory in bytes. */
export interface Stats {
  readonly time: Date;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly pids: { readonly current: bigint /** 0: none */; readonly limit: bigint };
  readonly networks: readonly NetworkStats[];
  readonly blkio: BlkioStats;
  /** By page size. */
  readonly hugetlb: Readonly<Record<string, MemoryUse>>;
}

export interface CpuStats {
  /** CPU time used by the container since it started. */
  readonly usage: bigint;
  readonly perCpu: readonly bigint[];
  readonly kernel: bigint;
  readonly user: bigint;
  /** The machine's CPU time at this reading: two readings of both give a share. */
  readonly system: bigint;
  readonly throttling: {
    readonly periods: bigint;
    readonly throttledPeriods: bigint;
    readonly throttledTime: bigint;
  };
}

export interface MemoryUse {
  readonly usage: bigint;
  readonly maxUsage: bigint;
  readonly limit: bigint;
  readonly failcnt: bigint;
}

export interface MemoryStats extends MemoryUse {
  readonly cache: bigint;
  readonly swap: MemoryUse;
  readonly kernel: MemoryUse;
  /** memory.stat, by name. */
  readonly stats: Readonly<Record<string, bigint>>;
}

export interface NetworkStats {
  readonly name: string;
  readonly rx: TrafficStats;
  readonly tx: TrafficStats;
}

export interface TrafficStats {
  readonly bytes: bigint;
  readonly packets: bigint;
  readonly errors: bigint;
  readonly dropped: bigint;
}

export interface BlkioEntry {
  readonly major: bigint;
  readonly minor: bigint;
  /** "Read", "Write", "Sync", "Async", "Total". */
  readonly op: string;
  readonly value: bigint;
}

type BlkioName =
  | "ioServiceBytes"
  | "ioServiced"
  | "ioQueued"
  | "ioServiceTime"
  | "ioWaitTime"
  | "ioMerged"
  | "ioTime"
  | "sectors";

export type BlkioStats = Readonly<Record<BlkioName, readonly BlkioEntry[]>>;

export function statsOf(message: Answer<"stats">): Stats {
  const cgroup = message.cgroupStats;
  const cpu = cgroup?.cpuStats;
  const memory = cgroup?.memoryStats;
  return {
    time: dateOf(fromTimestamp(message.timestamp)),
    cpu: {
      usage: cpu?.cpuUsage?.totalUsage ?? 0n,
      perCpu: cpu?.cpuUsage?.percpuUsage ?? [],
      kernel: cpu?.cpuUsage?.usageInKernelmode ?? 0n,
      user: cpu?.cpuUsage?.usageInUsermode ?? 0n,
      system: cpu?.systemUsage ?? 0n,
      throttling: {
        periods: cpu?.throttlingData?.periods ?? 0n,
        throttledPeriods: cpu?.throttlingData?.throttledPeriods ?? 0n,
        throttledTime: cpu?.throttlingData?.throttledTime ?? 0n,
      },
    },
    memory: {
      ...memoryUse(memory?.usage),
      cache: memory?.cache ?? 0n,
      swap: memoryUse(memory?.swapUsage),
      kernel: memoryUse(memory?.kernelUsage),
      stats: memory?.stats ?? {},
    },
    pids: { current: cgroup?.pidsStats?.current ?? 0n, limit: cgroup?.pidsStats?.limit ?? 0n },
    networks: message.networkStats.map(network),
    blkio: blkio(cgroup?.blkioStats),
    hugetlb: Object.fromEntries(
      Object.entries(cgroup?.hugetlbStats ?? {}).map(([size, use]) => [size, memoryUse(use)]),
    ),
  };
}

function memoryUse(data: Plain<MemoryData | HugetlbMessage> | undefined): MemoryUse {
  const { usage = 0n, maxUsage = 0n, limit = 0n, failcnt = 0n } = data ?? {};
  return { usage, maxUsage, limit, failcnt };
}

function network(one: Plain<NetworkMessage>): NetworkStats {
  return {
    name: one.name,
    rx: { bytes: one.rxBytes, packets: one.rxPackets, errors: one.RxErrors, dropped: one.RxDropped },
    tx: { bytes: one.TxBytes, packets: one.TxPackets, errors: one.TxErrors, dropped: one.TxDropped },
  };
}

function blkio(all: Plain<BlkioMessage> | undefined): BlkioStats {
  const entries = (list: Plain<BlkioMessage>["sectorsRecursive"] = []): BlkioEntry[] =>
    list.map(({ major, minor, op, value }) => ({ major, minor, op, value }));
  return {
    ioServiceBytes: entries(all?.ioServiceBytesRecursive),
    ioServiced: entries(all?.ioServicedRecursive),
    ioQueued: entries(all?.ioQueuedRecursive),
    ioServiceTime: entries(all?.ioServiceTimeRecursive),
    ioWaitTime: entries(all?.ioWaitTimeRecursive),
    ioMerged: entries(all?.ioMergedRecursive),
    ioTime: entries(all?.ioTimeRecursive),
    sectors: entries(all?.sectorsRecursive),
  };
}
