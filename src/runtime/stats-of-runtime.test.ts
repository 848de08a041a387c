import assert from "node:assert/strict";
import { test } from "node:test";
import { statsOfRuntime } from "./stats-of-runtime.ts";

const clock = { now: () => 42n };

/** Of runc 1.1.5; shortened. */
const printed = `{"type":"stats","id":"a","data":{"cpu":{"usage":{"total":6497702,"percpu":[4381108,2116594],"kernel":3,"user":4},
"throttling":{"periods":1,"throttledPeriods":2,"throttledTime":3}},"memory":{"cache":9,"usage":{"limit":9223372036854771712,
"usage":892928,"max":2248704,"failcnt":0},"swap":{"limit":18446744073709551615,"usage":1,"failcnt":0},"kernel":{"failcnt":0},
"raw":{"rss":49152}},"pids":{"current":1},"blkio":{"ioServicedRecursive":[{"major":8,"op":"Read","value":7}]},
"hugetlb":{"2MB":{"failcnt":0}},"network_interfaces":[{"Name":"eth0","RxBytes":5}]}}`;

test("what a runtime prints is told as the kernel's own numbers would be", () => {
  const stats = statsOfRuntime(JSON.parse(printed), clock);
  assert.equal(stats.cpu.total, 6497702n);
  assert.deepEqual(stats.cpu.perCpu, [4381108n, 2116594n]);
  assert.ok(stats.cpu.system > 0n);
  assert.deepEqual(stats.memory.usage, {
    usage: 892928n,
    maxUsage: 2248704n,
    failcnt: 0n,
    limit: 9223372036854771712n,
  });
  assert.equal(stats.memory.swap.limit, 2n ** 64n - 1n, "no limit, though a double has rounded it up");
  assert.deepEqual(stats.memory.raw, { rss: 49152n });
  assert.deepEqual(stats.blkio.serviced, [{ major: 8n, minor: 0n, op: "Read", value: 7n }]);
  assert.deepEqual(
    stats.network.map(({ name, rxBytes }) => [name, rxBytes]),
    [["eth0", 5n]],
  );
  assert.equal(stats.timestamp, 42n);
});

test("a runtime that prints something else makes numbers of 0, and no error", () => {
  for (const value of [null, 1, "x", [], {}, { data: null }, { data: { cpu: [], memory: { raw: 1 } } }])
    assert.equal(statsOfRuntime(value, clock).cpu.total, 0n);
});
