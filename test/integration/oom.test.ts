import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findCgroups } from "../../src/runtime/cgroup/cgroups.ts";
import { oomKills } from "../../src/runtime/cgroup/oom.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const linux = { resources: { memory: { limit: 24 << 20, swap: 24 << 20 } } };
/** Its one endless line must be kept whole. */
const greedy = "tail /dev/zero";

for (const runtime of ["runc", "crun"]) {
  describe(`want of memory with ${runtime}`, () => {
    it("that kills init is told before its exit", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      const { id } = await daemon.run("init", { args: ["tail", "/dev/zero"], linux });
      assert.equal((await events.exit(id)).status, 137);
      assert.deepEqual(events.of(id), ["start-container", "oom", "exit init 137"]);
    });

    it("that kills others is told of their container alone, each time, while it lives on", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      const others = await Promise.all(
        ["a", "b", "c"].map((name) => daemon.run(name, { args: ["sleep", "1000"], linux })),
      );
      const args = ["sh", "-c", `${greedy}; ${greedy}; sleep 1000`];
      const { id } = await daemon.run("parent", { args, linux });
      const ooms = () => events.of(id).filter((event) => event === "oom").length;
      await until("both kills are told", () => ooms() >= 2);
      const { containers } = await daemon.client.call("state", { id });
      assert.equal(containers[0]?.status, "running");
      assert.equal(ooms(), 2);
      // the others' cgroups go: their bell is the same, and rings for that too
      for (const other of others) await daemon.killContainer(other.id);
      for (const other of others) {
        await events.exit(other.id);
        assert.ok(!events.of(other.id).includes("oom"));
      }
      assert.equal(ooms(), 2);
    });

    it("is told once, also when it was while no daemon ran", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const args = ["sh", "-c", `trap '${greedy}' USR1; while :; do sleep 0.05; done`];
      const { id, pid } = await daemon.run("later", { args, linux });
      await daemon.end();
      process.kill(pid, "SIGUSR1");
      await until("the kernel has killed", () => kills(pid) === 1n);
      await daemon.launch();
      using events = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
      await events.event(id, "oom");
      await daemon.restart();
      using again = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
      await daemon.killContainer(id);
      await again.exit(id);
      assert.equal(again.of(id).filter((event) => event === "oom").length, 1);
    });
  });
}

function kills(pid: number): bigint {
  const cgroups = findCgroups(pid);
  return cgroups === undefined ? 0n : oomKills(cgroups);
}
