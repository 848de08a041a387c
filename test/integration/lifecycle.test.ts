import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";

prepareHost();

for (const runtime of ["runc", "crun"]) {
  describe(`a container's life with ${runtime}`, () => {
    it("is started, listed, executed in, killed and forgotten, with an event for each", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      const { id, pid, bundle } = await daemon.run("life", ["sleep", "1000"]);
      assert.ok(isRunning(pid), "init runs");

      const { containers, machine } = await daemon.client.call("state", { id });
      assert.equal(containers.length, 1);
      const [container] = containers;
      assert.equal(container?.status, "running");
      assert.equal(container?.bundlePath, bundle);
      assert.equal(container?.runtime, runtime);
      assert.deepEqual(container?.pids, [pid]);
      assert.deepEqual(
        container?.processes.map((process) => [process.pid, process.systemPid]),
        [["init", pid]],
      );
      assert.ok((machine?.cpus ?? 0) > 0 && (machine?.memory ?? 0n) > 0n);

      const exec = await daemon.client.call("addProcess", {
        id,
        pid: "one",
        args: ["sh", "-c", "exit 7"],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
      });
      assert.ok(exec.systemPid > 0);
      assert.equal((await events.exit(id, "one")).status, 7);

      await daemon.killContainer(id);
      assert.equal((await events.exit(id)).status, 137);
      assert.deepEqual(events.of(id), [
        "start-container",
        "start-process one",
        "exit one 7",
        "exit init 137",
      ]);
      await assert.rejects(daemon.client.call("state", { id }), {
        details: "containerd: container not found",
        code: 5,
      });
      assert.ok(
        !existsSync(join(daemon.stateDir, "containers", id)),
        "its state directory is gone when its exit is told",
      );
    });

    it("may end at once: the start succeeds and the exit has the true code", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      for (let round = 0; round < 10; round += 1) {
        const { id } = await daemon.run(`short${round}`, ["sh", "-c", `exit ${round}`]);
        assert.equal((await events.exit(id)).status, round);
        assert.deepEqual(events.of(id), ["start-container", `exit init ${round}`]);
      }
    });

    it("is paused and resumed, and State says so", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      const { id } = await daemon.run("still", ["sleep", "1000"]);
      const status = async () => (await daemon.client.call("state", { id })).containers[0]?.status;
      await daemon.client.call("updateContainer", { id, pid: "init", status: "paused" });
      assert.equal(await status(), "paused");
      await daemon.client.call("updateContainer", { id, pid: "init", status: "running" });
      assert.equal(await status(), "running");
      await events.event(id, "resume");
      assert.deepEqual(events.of(id), ["start-container", "pause", "resume"]);
    });

    it("is a hundred lives at once, ten starts at a time, and nothing is left of them", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      const bundle = daemon.bundle("many", ["sleep", "1000"]);
      const ids = Array.from({ length: 100 }, (_, n) => daemon.id(`many${n}`));
      const queue = [...ids];
      const worker = async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
          await daemon.client.call("createContainer", { id, bundlePath: bundle });
        }
      };
      await Promise.all(Array.from({ length: 10 }, worker));
      assert.equal((await daemon.client.call("state", {})).containers.length, 100);
      const shims = daemon.shims();
      assert.equal(shims.length, 1, "one shim serves them all");
      await Promise.all(ids.map((id) => daemon.killContainer(id)));
      for (const id of ids) assert.equal((await events.exit(id)).status, 137);
      assert.equal(events.all.filter((event) => event.type === "exit").length, 100, "one exit each");
      await until(
        "State is empty",
        async () => (await daemon.client.call("state", {})).containers.length === 0,
      );
    });
  });
}

it("gives the id free again before the exit is told: a restart policy starts the same id at once", async () => {
  await using daemon = await TestDaemon.start();
  using events = daemon.events();
  const bundle = daemon.bundle("again", ["true"]);
  const id = daemon.id("again");
  for (let round = 1; round <= 5; round += 1) {
    await daemon.client.call("createContainer", { id, bundlePath: bundle });
    await until(
      "the exit is told",
      () => events.all.filter((event) => event.type === "exit").length === round,
    );
  }
});

it("serves each container with a shim of its own when asked to", async () => {
  await using daemon = await TestDaemon.start({ flags: ["--shim-per-container"] });
  using events = daemon.events();
  const one = await daemon.run("one", ["sleep", "1000"]);
  const two = await daemon.run("two", ["sleep", "1000"]);
  assert.equal(daemon.shims().length, 2);
  await daemon.killContainer(one.id);
  await daemon.killContainer(two.id);
  await events.exit(one.id);
  await events.exit(two.id);
  await until("the shims end with their containers", () => daemon.shims().length === 0);
});
