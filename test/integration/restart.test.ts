import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";

prepareHost();
const past = { timestamp: { seconds: 0n, nanos: 0 } };

describe("a daemon that was killed and started again", () => {
  it("still has the running containers, executes in them, and tells their exits once", async () => {
    await using daemon = await TestDaemon.start();
    const { id, pid } = await daemon.run("kept", ["sleep", "1000"]);
    await daemon.restart();
    const { containers } = await daemon.client.call("state", { id });
    assert.deepEqual(
      containers[0]?.processes.map((process) => process.systemPid),
      [pid],
    );
    using events = daemon.events();
    await daemon.client.call("addProcess", {
      id,
      pid: "after",
      args: ["sh", "-c", "exit 3"],
      cwd: "/",
      env: ["PATH=/bin"],
      user: {},
    });
    assert.equal((await events.exit(id, "after")).status, 3);
    await daemon.killContainer(id);
    assert.equal((await events.exit(id)).status, 137);
    using replay = daemon.events({ ...past, storedOnly: true, id });
    await until("the replay ends", () => replay.ended === 0);
    assert.deepEqual(replay.of(id), [
      "start-container",
      "start-process after",
      "exit after 3",
      "exit init 137",
    ]);
  });

  it("tells the exits that happened while it was away, with their true codes, once", async () => {
    await using daemon = await TestDaemon.start();
    const code = await daemon.run("code", ["sh", "-c", "sleep 1; exit 42"]);
    const killed = await daemon.run("killed", ["sleep", "1000"]);
    await daemon.end();
    process.kill(killed.pid, "SIGTERM");
    process.kill(killed.pid, "SIGKILL");
    await until("both are gone", () => !isRunning(code.pid) && !isRunning(killed.pid));
    await daemon.launch();
    using events = daemon.events(past);
    assert.equal((await events.exit(code.id)).status, 42);
    assert.equal((await events.exit(killed.id)).status, 137);
    await daemon.restart();
    using again = daemon.events({ ...past, storedOnly: true });
    await until("the replay ends", () => again.ended === 0);
    assert.deepEqual(again.of(code.id), ["start-container", "exit init 42"]);
    assert.deepEqual(again.of(killed.id), ["start-container", "exit init 137"]);
  });

  it("knows a paused container as paused", async () => {
    await using daemon = await TestDaemon.start();
    const { id } = await daemon.run("paused", ["sleep", "1000"]);
    await daemon.client.call("updateContainer", { id, pid: "init", status: "paused" });
    await daemon.restart();
    assert.equal((await daemon.client.call("state", { id })).containers[0]?.status, "paused");
  });

  it("has events with strictly increasing timestamps across its lives", async () => {
    await using daemon = await TestDaemon.start();
    for (let life = 0; life < 3; life += 1) {
      using events = daemon.events();
      const { id } = await daemon.run(`life${life}`, ["true"]);
      await events.exit(id);
      await daemon.restart();
    }
    using all = daemon.events({ ...past, storedOnly: true });
    await until("the replay ends", () => all.ended === 0);
    const times = all.all.map(
      ({ timestamp }) => (timestamp?.seconds ?? 0n) * 1_000_000_000n + BigInt(timestamp?.nanos ?? 0),
    );
    assert.equal(times.length, 6);
    assert.ok(times.every((time, n) => n === 0 || time > (times[n - 1] ?? 0n)));
  });
});

describe("a shim that was killed", () => {
  it("takes no container with it: exits keep their true codes, with the daemon up", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const code = await daemon.run("code", ["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done"]);
    const kill = await daemon.run("kill", ["sleep", "1000"]);
    await daemon.killShims();
    assert.ok(isRunning(code.pid) && isRunning(kill.pid));
    await daemon.killContainer(code.id, 15);
    await daemon.killContainer(kill.id);
    assert.equal((await events.exit(code.id)).status, 9);
    assert.equal((await events.exit(kill.id)).status, 137);
  });

  it("is followed by another that serves new starts and execs", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id } = await daemon.run("before", ["sleep", "1000"]);
    await daemon.killShims();
    await daemon.client.call("addProcess", {
      id,
      pid: "x",
      args: ["sh", "-c", "exit 5"],
      cwd: "/",
      env: ["PATH=/bin"],
      user: {},
    });
    assert.equal((await events.exit(id, "x")).status, 5);
    const after = await daemon.run("after", ["sh", "-c", "exit 6"]);
    assert.equal((await events.exit(after.id)).status, 6);
  });

  it("while the container is paused changes nothing: it is resumed, and its exit is true", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id } = await daemon.run("paused", ["sleep", "1000"]);
    await daemon.client.call("updateContainer", { id, pid: "init", status: "paused" });
    await daemon.killShims();
    await daemon.client.call("updateContainer", { id, pid: "init", status: "running" });
    await daemon.killContainer(id, 15);
    await daemon.killContainer(id, 9);
    assert.equal((await events.exit(id)).status, 137);
  });

  it("together with the daemon loses no container, and later exits are true", async () => {
    await using daemon = await TestDaemon.start();
    const { id, pid } = await daemon.run("both", [
      "sh",
      "-c",
      "trap 'exit 11' TERM; while :; do sleep 0.05; done",
    ]);
    await daemon.end();
    await daemon.killShims();
    assert.ok(isRunning(pid));
    await daemon.launch();
    using events = daemon.events();
    assert.deepEqual((await daemon.client.call("state", { id })).containers[0]?.pids.includes(pid), true);
    await daemon.killContainer(id, 15);
    assert.equal((await events.exit(id)).status, 11);
  });

  it("and the daemon confuse no process with an earlier one of its name", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events(past);
    const { id } = await daemon.run("again", ["sleep", "1000"]);
    const execute = (...args: string[]) =>
      daemon.client.call("addProcess", { id, pid: "x", args, cwd: "/", env: ["PATH=/bin"], user: {} });
    await execute("sh", "-c", "exit 3");
    await events.exit(id, "x");
    const { systemPid } = await execute("sleep", "1000");
    await daemon.end();
    await daemon.killShims();
    await daemon.launch();
    const { containers } = await daemon.client.call("state", { id });
    assert.deepEqual(
      containers[0]?.processes
        .map((process) => [process.pid, process.systemPid])
        .find(([pid]) => pid === "x"),
      ["x", systemPid],
    );
    using again = daemon.events(past);
    await daemon.killContainer(id, 9, "x");
    await until("its exit is told", () => again.of(id).includes("exit x 137"));
    await daemon.killContainer(id);
    await again.exit(id);
    assert.deepEqual(again.of(id), [
      ...["start-container", "start-process x", "exit x 3", "start-process x", "exit x 137", "exit init 137"],
    ]);
  });
});
