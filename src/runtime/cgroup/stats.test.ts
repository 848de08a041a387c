import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cgroups } from "./cgroups.ts";
import { machineCpuTime } from "./machine-cpu.ts";
import { parseNetwork, readNetwork } from "./network.ts";
import { readStats } from "./stats.ts";

const clock = { now: () => 42n };

type Tree = Readonly<Record<string, string>>;

/** Cgroups whose files are written here: hierarchies by controller, each file as "controller/name". */
function recorded(controllers: readonly string[], files: Tree): { cgroups: Cgroups } & Disposable {
  const root = mkdtempSync(join(tmpdir(), "stats-"));
  for (const controller of controllers) mkdirSync(join(root, controller, "box"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    const [controller = "", name = ""] = file.split("/");
    writeFileSync(join(root, controller, "box", name), `${text}\n`);
  }
  const mounted = controllers.map((name): [string, { mountPoint: string; root: string }] => [
    name,
    { mountPoint: join(root, name), root: "/" },
  ]);
  return {
    cgroups: new Cgroups(new Map(mounted), new Map(controllers.map((name) => [name, "/box"]))),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

test("a v2 cgroup is told in the interface's words, which are v1's", () => {
  using tree = recorded(["unified"], {
    "unified/cpu.stat":
      "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 4\nnr_throttled 2\nthrottled_usec 30",
    "unified/memory.stat": "anon 100\nfile 4096\nkernel 77",
    "unified/memory.current": "8192",
    "unified/memory.peak": "9000",
    "unified/memory.max": "65536",
    "unified/memory.events": "low 0\nmax 3\noom 1\noom_kill 1",
    "unified/memory.swap.current": "1000",
    "unified/memory.swap.max": "max",
    "unified/io.stat": "8:0 rbytes=4096 wbytes=512 rios=1 wios=2 dbytes=7 dios=3\n7:0 ",
    "unified/hugetlb.2MB.current": "2097152",
    "unified/hugetlb.2MB.max": "max",
    "unified/hugetlb.2MB.events": "max 5",
    "unified/hugetlb.2MB.rsvd.current": "1",
    "unified/pids.current": "3",
    "unified/pids.max": "max",
  });
  const stats = readStats(tree.cgroups, 0, clock);
  assert.equal(stats.timestamp, 42n);
  assert.deepEqual(
    { ...stats.cpu, system: 0n },
    {
      total: 1_500_000n,
      perCpu: [],
      kernel: 500_000n,
      user: 1_000_000n,
      throttling: { periods: 4n, throttledPeriods: 2n, throttledTime: 30_000n },
      system: 0n,
    },
  );
  const unlimited = 2n ** 64n - 1n;
  assert.equal(stats.memory.cache, 4096n);
  assert.deepEqual(stats.memory.usage, { usage: 8192n, maxUsage: 9000n, failcnt: 3n, limit: 65536n });
  assert.deepEqual(stats.memory.swap, { usage: 9192n, maxUsage: 0n, failcnt: 0n, limit: unlimited });
  assert.equal(stats.memory.kernel.usage, 77n);
  assert.deepEqual(stats.memory.raw, { anon: 100n, file: 4096n, kernel: 77n });
  const device = { major: 8n, minor: 0n };
  assert.deepEqual(stats.blkio.serviceBytes, [
    { ...device, op: "Read", value: 4096n },
    { ...device, op: "Write", value: 512n },
    { ...device, op: "Discard", value: 7n },
  ]);
  assert.deepEqual(
    stats.blkio.serviced.map(({ op, value }) => `${op} ${value}`),
    ["Read 1", "Write 2", "Discard 3"],
  );
  // the page sizes are this machine's: there may be others, or none
  const pages = stats.hugetlb["2MB"];
  if (pages !== undefined)
    assert.deepEqual(pages, { usage: 2097152n, maxUsage: 0n, failcnt: 5n, limit: unlimited });
  assert.deepEqual(stats.pids, { current: 3n, limit: 0n });
});

const hybrid = ["cpu", "cpuacct", "memory", "blkio", "hugetlb", "pids", "unified"];

test("on a hybrid machine everything is read from the v1 hierarchies", () => {
  using tree = recorded(hybrid, {
    "cpuacct/cpuacct.usage": "123456789",
    "cpuacct/cpuacct.usage_percpu": "100 23456689 ",
    "cpuacct/cpuacct.stat": "user 7\nsystem 3",
    "cpu/cpu.stat": "nr_periods 1\nnr_throttled 2\nthrottled_time 3",
    "memory/memory.stat": "cache 10\nrss 20\nhierarchical_memory_limit 9223372036854771712",
    "memory/memory.usage_in_bytes": "1",
    "memory/memory.max_usage_in_bytes": "2",
    "memory/memory.failcnt": "3",
    "memory/memory.limit_in_bytes": "9223372036854771712",
    "memory/memory.memsw.usage_in_bytes": "5",
    "blkio/blkio.throttle.io_service_bytes_recursive":
      "254:0 Read 10\n254:0 Write 20\n254:0 Total 30\nTotal 30",
    "blkio/blkio.throttle.io_serviced_recursive": "254:0 Read 1\nTotal 1",
    "hugetlb/hugetlb.1GB.usage_in_bytes": "0",
    "hugetlb/hugetlb.1GB.max_usage_in_bytes": "1073741824",
    "hugetlb/hugetlb.1GB.failcnt": "1",
    "hugetlb/hugetlb.1GB.limit_in_bytes": "1073741824",
    "pids/pids.current": "1",
    "pids/pids.max": "10",
    "unified/cpu.stat": "usage_usec 999",
  });
  const stats = readStats(tree.cgroups, 0, clock);
  assert.equal(stats.cpu.total, 123456789n);
  assert.deepEqual(stats.cpu.perCpu, [100n, 23456689n]);
  assert.equal(stats.cpu.user, 70_000_000n);
  assert.equal(stats.cpu.kernel, 30_000_000n);
  assert.deepEqual(stats.cpu.throttling, { periods: 1n, throttledPeriods: 2n, throttledTime: 3n });
  assert.deepEqual(stats.memory.usage, { usage: 1n, maxUsage: 2n, failcnt: 3n, limit: 9223372036854771712n });
  assert.equal(stats.memory.swap.usage, 5n);
  assert.equal(stats.memory.cache, 10n);
  assert.deepEqual(
    stats.blkio.serviceBytes.map(({ op, value }) => `${op} ${value}`),
    ["Read 10", "Write 20", "Total 30"],
  );
  assert.deepEqual(
    stats.blkio.serviced.map(({ op, value }) => `${op} ${value}`),
    ["Read 1"],
  );
  const pages = stats.hugetlb["1GB"];
  if (pages !== undefined)
    assert.deepEqual(pages, { usage: 0n, maxUsage: 1073741824n, failcnt: 1n, limit: 1073741824n });
  assert.deepEqual(stats.pids, { current: 1n, limit: 10n });
});

test("a scheduler that accounts goes before what throttling counts, and its lists belong together", () => {
  using tree = recorded(hybrid, {
    "blkio/blkio.bfq.io_serviced_recursive": "8:0 Read 1",
    "blkio/blkio.bfq.io_service_bytes_recursive": "8:0 Read 512",
    "blkio/blkio.bfq.sectors_recursive": "8:0 1",
    "blkio/blkio.throttle.io_serviced_recursive": "8:0 Read 99",
  });
  const { blkio } = readStats(tree.cgroups, 0, clock);
  assert.deepEqual(blkio.serviced, [{ major: 8n, minor: 0n, op: "Read", value: 1n }]);
  assert.deepEqual(blkio.serviceBytes, [{ major: 8n, minor: 0n, op: "Read", value: 512n }]);
  assert.deepEqual(blkio.sectors, [{ major: 8n, minor: 0n, op: "", value: 1n }]);
});

test("cgroups that are gone read as nothing, and not as an error", () => {
  for (const controllers of [["unified"], hybrid]) {
    using tree = recorded(controllers, {});
    const stats = readStats(tree.cgroups, 0, clock);
    assert.equal(stats.cpu.total, 0n);
    assert.equal(stats.memory.usage.usage, 0n);
    assert.deepEqual(stats.network, []);
    assert.deepEqual(stats.blkio.serviced, []);
  }
});

test("the machine's CPU time is what Docker divides by: seven columns of /proc/stat in nanoseconds", () => {
  assert.equal(machineCpuTime("cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 9 9 9\n"), 280_000_000n);
  assert.ok(machineCpuTime() > 0n);
});

test("every interface of the network namespace is told, whatever its name", () => {
  const text = [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
    "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0",
    "eth0:1:18446744073709551615 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
    "",
  ].join("\n");
  assert.deepEqual(
    parseNetwork(text).map(({ name, rxBytes, txDropped }) => [name, rxBytes, txDropped]),
    [
      ["lo", 100n, 0n],
      ["eth0:1", 18446744073709551615n, 8n],
    ],
  );
});

test("interfaces that are the daemon's own are not told as a container's", () => {
  assert.deepEqual(readNetwork(process.pid), []);
});
