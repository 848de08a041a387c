/** A reading of a container's cgroups and network: types.API's Stats, in its words. Byte counts and nanoseconds are bigints. */
export interface Stats {
  readonly network: readonly NetworkStats[];
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly blkio: BlkioStats;
  /** By page size: "2MB". */
  readonly hugetlb: Readonly<Record<string, HugetlbStats>>;
  readonly pids: PidsStats;
  /** When it was read, in ns since 1970. */
  readonly timestamp: bigint;
}

export interface NetworkStats {
  readonly name: string;
  readonly rxBytes: bigint;
  readonly rxPackets: bigint;
  readonly rxErrors: bigint;
  readonly rxDropped: bigint;
  readonly txBytes: bigint;
  readonly txPackets: bigint;
  readonly txErrors: bigint;
  readonly txDropped: bigint;
}

/** All in ns of CPU time, but for the periods, which are counted. */
export interface CpuStats {
  readonly total: bigint;
  readonly perCpu: readonly bigint[];
  readonly kernel: bigint;
  readonly user: bigint;
  readonly throttling: {
    readonly periods: bigint;
    readonly throttledPeriods: bigint;
    readonly throttledTime: bigint;
  };
  /** The whole machine's, from /proc/stat. */
  readonly system: bigint;
}

/** In bytes; `limit` is the kernel's largest number where there is none. */
export interface MemoryData {
  readonly usage: bigint;
  readonly maxUsage: bigint;
  readonly failcnt: bigint;
  readonly limit: bigint;
}

export interface MemoryStats {
  readonly cache: bigint;
  readonly usage: MemoryData;
  readonly swap: MemoryData;
  readonly kernel: MemoryData;
  /** memory.stat as it is. */
  readonly raw: Readonly<Record<string, bigint>>;
}

export interface BlkioEntry {
  readonly major: bigint;
  readonly minor: bigint;
  readonly op: string;
  readonly value: bigint;
}

export interface BlkioStats {
  readonly serviceBytes: readonly BlkioEntry[];
  readonly serviced: readonly BlkioEntry[];
  readonly queued: readonly BlkioEntry[];
  readonly serviceTime: readonly BlkioEntry[];
  readonly waitTime: readonly BlkioEntry[];
  readonly merged: readonly BlkioEntry[];
  readonly time: readonly BlkioEntry[];
  readonly sectors: readonly BlkioEntry[];
}

export interface HugetlbStats {
  readonly usage: bigint;
  readonly maxUsage: bigint;
  readonly failcnt: bigint;
  readonly limit: bigint;
}

export interface PidsStats {
  readonly current: bigint;
  /** 0 where there is none. */
  readonly limit: bigint;
}
