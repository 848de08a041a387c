import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  BlkioStatsEntrySchema,
  BlkioStatsSchema,
  CpuStatsSchema,
  MemoryStatsSchema,
  StatsResponseSchema,
} from "../../gen/types/api_pb.ts";
import type { BlkioEntry, BlkioStats, CpuStats, MemoryStats, Stats } from "../../runtime/stats.ts";
import { toTimestamp } from "./timestamp.ts";

/**
 * Every message within is there, empty if need be: Docker Engine reads cpu_usage, throttling_data, memory_stats.usage, blkio_stats and
 * the timestamp unchecked, and crashes without them.
 */
export function toStats(stats: Stats): MessageInitShape<typeof StatsResponseSchema> {
  return {
    networkStats: stats.network.map(
      ({ rxBytes, txBytes, rxErrors, rxDropped, txErrors, txDropped, ...rest }) => ({
        name: rest.name,
        rxBytes,
        rxPackets: rest.rxPackets,
        RxErrors: rxErrors,
        RxDropped: rxDropped,
        TxBytes: txBytes,
        TxPackets: rest.txPackets,
        TxErrors: txErrors,
        TxDropped: txDropped,
      }),
    ),
    cgroupStats: {
      cpuStats: toCpu(stats.cpu),
      memoryStats: toMemory(stats.memory),
      blkioStats: toBlkio(stats.blkio),
      hugetlbStats: { ...stats.hugetlb },
      pidsStats: stats.pids,
    },
    timestamp: toTimestamp(stats.timestamp),
  };
}

function toCpu(cpu: CpuStats): MessageInitShape<typeof CpuStatsSchema> {
  return {
    cpuUsage: {
      totalUsage: cpu.total,
      percpuUsage: [...cpu.perCpu],
      usageInKernelmode: cpu.kernel,
      usageInUsermode: cpu.user,
    },
    throttlingData: cpu.throttling,
    systemUsage: cpu.system,
  };
}

function toMemory(memory: MemoryStats): MessageInitShape<typeof MemoryStatsSchema> {
  return {
    cache: memory.cache,
    usage: memory.usage,
    swapUsage: memory.swap,
    kernelUsage: memory.kernel,
    stats: { ...memory.raw },
  };
}

function toBlkio(blkio: BlkioStats): MessageInitShape<typeof BlkioStatsSchema> {
  return {
    ioServiceBytesRecursive: toEntries(blkio.serviceBytes),
    ioServicedRecursive: toEntries(blkio.serviced),
    ioQueuedRecursive: toEntries(blkio.queued),
    ioServiceTimeRecursive: toEntries(blkio.serviceTime),
    ioWaitTimeRecursive: toEntries(blkio.waitTime),
    ioMergedRecursive: toEntries(blkio.merged),
    ioTimeRecursive: toEntries(blkio.time),
    sectorsRecursive: toEntries(blkio.sectors),
  };
}

const toEntries = (entries: readonly BlkioEntry[]): MessageInitShape<typeof BlkioStatsEntrySchema>[] => [
  ...entries,
];
