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
