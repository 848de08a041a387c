import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { OomWatch } from "../../src/runtime/cgroup/oom.ts";
import { until } from "../harness/until.ts";
import { Bench, sys } from "./harness.ts";

const linux = { resources: { memory: { limit: 24 << 20, swap: 24 << 20 } } };

test("more containers than one bell is for: each is rung for, with few descriptors", async () => {
  await using bench = await Bench.start("runc");
  const keepAlive = setInterval(() => {}, 1000);
  const { cgroups } = await bench.run({
    args: ["sh", "-c", "trap 'tail /dev/zero' USR1; while :; do sleep 0.05; done"],
    linux,
  });
  using watch = new OomWatch(sys);
  const before = readdirSync("/proc/self/fd").length;
  const rung = new Set<number>();
  const registered = Array.from({ length: 150 }, (_, index) => watch.add(cgroups(), () => rung.add(index)));
  assert.ok(readdirSync("/proc/self/fd").length - before <= 3);
  for (const one of registered.slice(0, 100)) one[Symbol.dispose]();
  const [pid] = readFileSync(`${cgroups().processes ?? ""}/cgroup.procs`, "utf8").split("\n");
  process.kill(Number(pid), "SIGUSR1");
  await until("all that are left are rung for", () => rung.size === 50);
  assert.ok(
    [...rung].every((index) => index >= 100),
    "none that was taken back is",
  );
  for (const one of registered.slice(100)) one[Symbol.dispose]();
  assert.ok(readdirSync("/proc/self/fd").length - before <= 1, "what nobody listens to is closed");
  clearInterval(keepAlive);
});

test("the removal of a cgroup is no kill, and hides none", async () => {
  await using bench = await Bench.start("runc");
  const keepAlive = setInterval(() => {}, 1000);
  const hungry = ["sh", "-c", "trap 'tail /dev/zero' USR1; while :; do sleep 0.05; done"];
  const containers = await Promise.all([0, 1, 2, 3].map(() => bench.run({ args: hungry, linux })));
  using watch = new OomWatch(sys);
  const rung: number[] = [];
  const watches = containers.map((container, index) =>
    watch.add(container.cgroups(), () => rung.push(index)),
  );
  const [first, second, last] = containers;
  assert.ok(first !== undefined && second !== undefined && last !== undefined);
  // one whose watch is taken back before, as when its shim tells of its exit, and one whose watch is there still
  watches[0]?.[Symbol.dispose]();
  await bench.cli.delete(first.id, { force: true });
  process.kill(last.pid, "SIGUSR1");
  await bench.cli.delete(second.id, { force: true });
  await until("the kill is told", () => rung.length > 0);
  assert.deepEqual(new Set(rung), new Set([2]));
  clearInterval(keepAlive);
});
