import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const script = join(import.meta.dirname, "dying-runtime.sh");
const moments = ["before", "during", "after"] as const;

/** A daemon whose runtime dies when it is told to. */
async function mortal(
  stack: AsyncDisposableStack,
): Promise<{ daemon: TestDaemon; arm: (command: string) => void; armed: () => boolean }> {
  const directory = mkdtempSync(join(tmpdir(), "ctd-runtime-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  copyFileSync(script, join(directory, "runtime"));
  const daemon = stack.use(await TestDaemon.start({ runtime: join(directory, "runtime") }));
  const file = join(directory, "arm");
  return { daemon, arm: (command) => writeFileSync(file, command), armed: () => existsSync(file) };
}

for (const moment of moments) {
  test(`with runc, the runtime dies ${moment} its run`, async () => {
    await using stack = new AsyncDisposableStack();
    const { daemon, arm } = await mortal(stack);
    using events = daemon.events();
    const bundle = daemon.bundle("box", ["sleep", "1000"]);
    const id = daemon.id("box");
    arm(`run ${moment}`);
    await assert.rejects(
      daemon.client.call("createContainer", { id, bundlePath: bundle }),
      /signal 9|oci runtime error/,
    );
    assert.deepEqual((await daemon.client.call("state", {})).containers, []);
    await daemon.client.call("createContainer", { id, bundlePath: bundle });
    await daemon.killContainer(id);
    await events.exit(id);
    assert.deepEqual(events.of(id), ["start-container", "exit init 137"]);
  });

  test(`with runc, the runtime dies ${moment} its exec`, async () => {
    await using stack = new AsyncDisposableStack();
    const { daemon, arm } = await mortal(stack);
    using events = daemon.events();
    const { id, pid } = await daemon.run("box", ["sleep", "1000"]);
    const exec = (script: string) =>
      daemon.client.call("addProcess", {
        id,
        pid: "x",
        args: ["sh", "-c", script],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
      });
    arm(`exec ${moment}`);
    await assert.rejects(exec("sleep 1000"), /signal 9|oci runtime error/);
    await until("only init is in the container", async () => {
      const { containers } = await daemon.client.call("state", { id });
      return (
        containers[0]?.pids.length === 1 &&
        containers[0].pids[0] === pid &&
        containers[0].processes.length === 1
      );
    });
    await exec("exit 5");
    assert.equal((await events.exit(id, "x")).status, 5);
  });

  for (const command of ["pause", "resume"] as const) {
    test(`with runc, the runtime dies ${moment} its ${command}`, async () => {
      await using stack = new AsyncDisposableStack();
      const { daemon, arm, armed } = await mortal(stack);
      const { id } = await daemon.run("box", ["sleep", "1000"]);
      const set = (status: string) => daemon.client.call("updateContainer", { id, pid: "init", status });
      const status = async () => (await daemon.client.call("state", { id })).containers[0]?.status;
      if (command === "resume") await set("paused");
      arm(`${command} ${moment}`);
      await assert.rejects(set(command === "pause" ? "paused" : "running"));
      assert.ok(!armed());
      await set(command === "pause" ? "paused" : "running");
      assert.equal(await status(), command === "pause" ? "paused" : "running");
      await set("running");
      assert.equal(await status(), "running");
    });
  }

  test(`with runc, the runtime dies ${moment} its update`, async () => {
    await using stack = new AsyncDisposableStack();
    const { daemon, arm } = await mortal(stack);
    const { id } = await daemon.run("box", ["sleep", "1000"]);
    const update = () =>
      daemon.client.call("updateContainer", { id, pid: "init", resources: { memoryLimit: 64n << 20n } });
    arm(`update ${moment}`);
    await assert.rejects(update());
    await update();
    assert.equal(
      (await daemon.client.call("stats", { id })).cgroupStats?.memoryStats?.usage?.limit,
      64n << 20n,
    );
  });

  test(`with runc, the runtime dies ${moment} its delete`, async () => {
    await using stack = new AsyncDisposableStack();
    const { daemon, arm, armed } = await mortal(stack);
    using events = daemon.events();
    const { id } = await daemon.run("box", ["sh", "-c", "exit 9"]);
    await events.exit(id);
    const again = await daemon.run("again", ["sleep", "1000"]);
    arm(`delete ${moment}`);
    await daemon.killContainer(again.id);
    assert.equal((await events.exit(again.id)).status, 137);
    assert.ok(!armed());
    assert.deepEqual(events.of(again.id), ["start-container", "exit init 137"]);
  });
}
