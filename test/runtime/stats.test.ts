import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { pidsIn } from "../../src/runtime/cgroup/processes.ts";
import { readStats } from "../../src/runtime/cgroup/stats.ts";
import type { MemoryData, Stats } from "../../src/runtime/stats.ts";
import { statsOfRuntime } from "../../src/runtime/stats-of-runtime.ts";
import { until } from "../harness/until.ts";
import { Bench, runtimes } from "./harness.ts";

const linux = {
  resources: { memory: { limit: 67_108_864 }, cpu: { quota: 20_000, period: 100_000 }, pids: { limit: 50 } },
};

/** Without what the kernel takes back at leisure: pages that it has charged ahead for each CPU. */
const settled = ({ maxUsage, failcnt, limit }: MemoryData) => ({ maxUsage, failcnt, limit });

test("the kernel's files and runc's own words are the same reading", async () => {
  await using bench = await Bench.start("runc");
  // frozen, so that nothing moves between the two
  const container = await bench.run({ args: ["sh", "-c", "i=0; while :; do i=$((i+1)); done"], linux });
  const read = () => readStats(container.cgroups(), container.pid, systemClock);
  await until("it was throttled", () => read().cpu.throttling.throttledPeriods > 0n);
  await bench.cli.pause(container.id);
  const ours = read();
  const runcs = statsOfRuntime(await bench.cli.stats(container.id), systemClock);
  const same = ({ cpu, memory, pids, blkio }: Stats) => ({
    ...{
      pids,
      blkio,
      usage: settled(memory.usage),
      swap: settled(memory.swap),
      kernel: settled(memory.kernel),
      raw: memory.raw,
    },
    ...{ total: cpu.total, perCpu: cpu.perCpu, user: cpu.user, inKernel: cpu.kernel },
  });
  assert.deepEqual(same(ours), same(runcs));
  assert.ok(ours.cpu.total > 0n && ours.cpu.throttling.periods > 0n, "it has run");
  assert.ok(ours.cpu.system > ours.cpu.total);
  assert.deepEqual([ours.memory.usage.limit, ours.pids.limit], [67_108_864n, 50n]);
  if (existsSync("/sys/kernel/mm/hugepages/hugepages-2048kB"))
    assert.deepEqual(ours.hugetlb["2MB"]?.usage, 0n);
});

for (const runtime of runtimes) {
  test(`${runtime}: a container's network is told by interface, the machine's own is not told as its`, async () => {
    await using bench = await Bench.start(runtime);
    const own = await bench.run({ args: ["sleep", "1000"] });
    assert.deepEqual(
      readStats(own.cgroups(), own.pid, systemClock).network.map(({ name }) => name),
      ["lo"],
    );
    const shared = await bench.run({
      args: ["sleep", "1000"],
      linux: { namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }] },
    });
    assert.deepEqual(readStats(shared.cgroups(), shared.pid, systemClock).network, []);
  });

  test(`${runtime}: pids are all of the container's processes, on the host's side`, async () => {
    await using bench = await Bench.start(runtime);
    const container = await bench.run({ args: ["sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000"] });
    while (pidsIn(container.cgroups()).length < 3) await new Promise(setImmediate);
    const pids = pidsIn(container.cgroups());
    assert.equal(pids.length, 3);
    assert.ok(pids.includes(container.pid));
    await bench.cli.delete(container.id, { force: true });
    assert.deepEqual(
      pids.filter((pid) => existsSync(`/proc/${pid}`)),
      [],
    );
  });
}
