import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  AddProcessRequestSchema,
  StatsResponseSchema,
  UpdateResourceSchema,
} from "../../gen/types/api_pb.ts";
import type { MemoryData, Stats } from "../../runtime/stats.ts";
import { encode } from "../service.ts";
import { fromProcess, toProcess } from "./process.ts";
import { fromResources } from "./resources.ts";
import { toStats } from "./stats.ts";
import { fromTimestamp, toTimestamp } from "./timestamp.ts";

const none: MemoryData = { usage: 0n, maxUsage: 0n, failcnt: 0n, limit: 0n };
const empty: Stats = {
  network: [],
  cpu: {
    ...{ total: 0n, perCpu: [], kernel: 0n, user: 0n, system: 0n },
    throttling: { periods: 0n, throttledPeriods: 0n, throttledTime: 0n },
  },
  memory: { cache: 0n, usage: none, swap: none, kernel: none, raw: {} },
  blkio: {
    ...{ serviceBytes: [], serviced: [], queued: [], serviceTime: [], waitTime: [], merged: [] },
    ...{ time: [], sectors: [] },
  },
  hugetlb: {},
  pids: { current: 0n, limit: 0n },
  timestamp: 1n,
};

const overTheWire = (stats: Stats) =>
  fromBinary(StatsResponseSchema, encode(StatsResponseSchema, toStats(stats)));

test("a reading of nothing still has every message that Docker reads unchecked", () => {
  const { cgroupStats, timestamp } = overTheWire(empty);
  assert.ok(cgroupStats?.cpuStats?.cpuUsage && cgroupStats.cpuStats.throttlingData);
  assert.ok(cgroupStats.memoryStats?.usage && cgroupStats.blkioStats && timestamp);
});

test("a reading's figures arrive in their fields, the largest too", () => {
  const most = 2n ** 64n - 1n;
  const entry = { major: 8n, minor: 1n, op: "Read", value: most };
  const network = {
    ...{ name: "eth0", rxBytes: 1n, rxPackets: 2n, rxErrors: 3n, rxDropped: 4n },
    ...{ txBytes: 5n, txPackets: 6n, txErrors: 7n, txDropped: 8n },
  };
  const { networkStats, cgroupStats, timestamp } = overTheWire({
    ...empty,
    network: [network],
    cpu: { ...empty.cpu, total: 10n, perCpu: [4n, 6n], kernel: 3n, user: 7n, system: most },
    memory: { ...empty.memory, usage: { ...none, limit: most }, raw: { rss: 12n } },
    blkio: { ...empty.blkio, serviceBytes: [entry], sectors: [entry, entry] },
    hugetlb: { "2MB": none },
    pids: { current: 3n, limit: 0n },
    timestamp: 1_700_000_000_123_456_789n,
  });
  const [eth0] = networkStats;
  assert.deepEqual(
    [eth0?.name, eth0?.rxBytes, eth0?.rxPackets, eth0?.RxErrors, eth0?.RxDropped],
    ["eth0", 1n, 2n, 3n, 4n],
  );
  assert.deepEqual([eth0?.TxBytes, eth0?.TxPackets, eth0?.TxErrors, eth0?.TxDropped], [5n, 6n, 7n, 8n]);
  assert.equal(cgroupStats?.cpuStats?.systemUsage, most);
  assert.deepEqual(cgroupStats?.cpuStats?.cpuUsage?.percpuUsage, [4n, 6n]);
  assert.equal(cgroupStats?.memoryStats?.usage?.limit, most);
  assert.equal(cgroupStats?.memoryStats?.stats["rss"], 12n);
  assert.equal(cgroupStats?.blkioStats?.ioServiceBytesRecursive[0]?.value, most);
  assert.equal(cgroupStats?.blkioStats?.sectorsRecursive.length, 2);
  assert.deepEqual(Object.keys(cgroupStats?.hugetlbStats ?? {}), ["2MB"]);
  assert.equal(cgroupStats?.pidsStats?.current, 3n);
  assert.deepEqual([timestamp?.seconds, timestamp?.nanos], [1_700_000_000n, 123_456_789]);
});

test("a limit of zero is one that is not named, and 2^64 - 1 means none", () => {
  assert.deepEqual(fromResources(create(UpdateResourceSchema, {})), {});
  const update = fromResources(
    create(UpdateResourceSchema, {
      ...{
        memoryLimit: 1024n,
        memorySwap: 2n ** 64n - 1n,
        cpuQuota: 5n,
        cpusetCpus: "0-1",
        blkioWeight: 500n,
      },
      blkioThrottleReadBpsDevice: [{ blkIODevice: { major: 8n, minor: 0n }, rate: 9n }],
    }),
  );
  assert.deepEqual(update, {
    ...{ memoryLimit: 1024n, memorySwap: -1n, cpuQuota: 5n, cpusetCpus: "0-1", blkioWeight: 500 },
    blkioThrottleReadBpsDevice: [{ major: 8, minor: 0, rate: 9n }],
  });
  assert.throws(
    () => fromResources(create(UpdateResourceSchema, { blkioWeight: 70_000n })),
    /invalid blkioWeight 70000/,
  );
});

test("a process is what the request says and nothing else; ambient capabilities it has none", () => {
  const spec = fromProcess(
    create(AddProcessRequestSchema, {
      ...{ args: ["a"], cwd: "/", capabilities: ["CAP_KILL"], terminal: true, noNewPrivileges: true },
      user: { uid: 4_294_967_295, gid: 2, additionalGids: [3] },
      rlimits: [{ type: "RLIMIT_CORE", soft: 0n, hard: 2n ** 64n - 1n }],
    }),
  );
  const all = ["CAP_KILL"];
  assert.deepEqual(spec.capabilities, { bounding: all, effective: all, inheritable: all, permitted: all });
  assert.deepEqual(spec.env, []);
  assert.deepEqual(spec.user, { uid: 4_294_967_295, gid: 2, additionalGids: [3] });
  const shown = toProcess({ name: "p", systemPid: 5, spec, stdin: "", stdout: "", stderr: "" });
  assert.deepEqual(shown.rlimits, [{ type: "RLIMIT_CORE", soft: 0n, hard: 2n ** 64n - 1n }]);
  assert.deepEqual(shown.capabilities, all);
});

test("times keep their nanoseconds, before 1970 too", () => {
  for (const time of [0n, 1n, 999_999_999n, 1_700_000_000_000_000_001n, -1n, -1_000_000_001n]) {
    const { seconds = 0n, nanos = 0 } = toTimestamp(time) as { seconds: bigint; nanos: number };
    assert.ok(nanos >= 0);
    assert.equal(fromTimestamp({ $typeName: "google.protobuf.Timestamp", seconds, nanos }), time);
  }
  assert.equal(fromTimestamp(undefined), undefined);
  assert.throws(
    () => fromTimestamp({ $typeName: "google.protobuf.Timestamp", seconds: 1n, nanos: 1_000_000_000 }),
    /nanos is 1000000000/,
  );
});
