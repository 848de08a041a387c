import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { busyboxRootfs } from "../harness/bundle.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { Engine } from "./engine.ts";

prepareHost();

async function engineOn(daemon: TestDaemon): Promise<Engine> {
  const engine = new Engine(daemon.socket, daemon.directory, busyboxRootfs(daemon.directory));
  await engine.start();
  return engine;
}

/** Docker names the runtime in every request, so the test's own root goes with it. */
const own = (daemon: TestDaemon) => ({ runtimeArgs: [`--root=${daemon.runtimeRoot}`] });

it("docker run: the output arrives whole, and the exit code is the command's", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const container = await engine.run({
    args: ["sh", "-c", "echo out; echo err >&2; exit 3"],
    ...own(daemon),
  });
  assert.equal(await engine.wait(container), 3);
  assert.equal((await container.stdout.end).toString(), "out\n");
  assert.equal((await container.stderr?.end)?.toString(), "err\n");
});

it("docker run -i: what is typed arrives, and closing it ends cat", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const container = await engine.run({ args: ["cat"], interactive: true, ...own(daemon) });
  container.stdin?.write("typed\n");
  await until("cat answers", () => container.stdout.text() === "typed\n");
  await container.stdin?.close();
  await engine.client.call("updateProcess", { id: container.id, pid: "init", closeStdin: true });
  assert.equal(await engine.wait(container), 0);
});

it("docker run -it: a shell on a terminal, resized", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const container = await engine.run({ args: ["sh"], interactive: true, tty: true, ...own(daemon) });
  await engine.client.call("updateProcess", { id: container.id, pid: "init", width: 101, height: 33 });
  container.stdin?.write("stty size; exit 5\n");
  assert.equal(await engine.wait(container), 5);
  assert.match((await container.stdout.end).toString(), /33 101/);
});

it("docker exec, top, stats, update, pause and stop of one container, with every exec's end before its own", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const container = await engine.run({ args: ["sleep", "1000"], ...own(daemon) });
  const echo = await engine.exec(container, ["sh", "-c", "echo $GREETING; id -u; exit 6"], {
    env: ["PATH=/bin", "GREETING=hi"],
    user: 1000,
  });
  assert.deepEqual(await echo.exit(), { status: 6, stdout: "hi\n1000\n", stderr: "" });
  const typed = await engine.exec(container, ["cat"], { interactive: true });
  typed.stdin?.write("through an exec\n");
  await typed.stdin?.close();
  await engine.client.call("updateProcess", { id: container.id, pid: typed.name, closeStdin: true });
  assert.equal((await typed.exit()).stdout, "through an exec\n");

  const { containers } = await engine.client.call("state", { id: container.id });
  assert.deepEqual(containers[0]?.pids, [container.systemPid], "docker top shows these");
  const stats = await engine.client.call("stats", { id: container.id });
  assert.ok(stats.timestamp !== undefined && stats.cgroupStats?.cpuStats?.cpuUsage !== undefined);
  assert.ok(
    stats.cgroupStats.cpuStats.throttlingData !== undefined && stats.cgroupStats.blkioStats !== undefined,
  );
  assert.ok((stats.cgroupStats.memoryStats?.usage?.usage ?? 0n) > 0n);

  await engine.client.call("updateContainer", {
    id: container.id,
    pid: "init",
    resources: { memoryLimit: 64n << 20n },
  });
  assert.equal(
    (await engine.client.call("stats", { id: container.id })).cgroupStats?.memoryStats?.usage?.limit,
    64n << 20n,
  );
  await engine.pause(container, true);
  await engine.pause(container, false);

  await engine.exec(container, ["sleep", "1000"]);
  await engine.exec(container, ["sleep", "1000"]);
  assert.equal(await engine.stop(container, 300), 137);
  assert.equal(container.execs.size, 4);
  assert.deepEqual([...container.execs.values()].slice(2), [137, 137]);
});

it("docker run of a program that is not there: the runtime's words, from which Docker makes 127", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  await assert.rejects(
    engine.run({ args: ["/bin/no-such"], ...own(daemon) }),
    /oci runtime error: .*(no such file or directory|executable file not found)/,
  );
  const container = await engine.run({ args: ["sleep", "1000"], ...own(daemon) });
  await assert.rejects(
    engine.exec(container, ["/bin/no-such"]),
    /oci runtime error: .*(no such file or directory|executable file not found)/,
  );
});

it("docker run -m: a container that the kernel kills for its memory is marked so before its end", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const container = await engine.run({
    args: ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1"],
    memory: 16 << 20,
    ...own(daemon),
  });
  await engine.wait(container);
  assert.ok(container.oomKilled, "oom came before exit");
});

it("--restart=always: the same id is started the moment its end is heard", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const options = { args: ["sh", "-c", "exit 1"], ...own(daemon) };
  let container = await engine.run(options);
  for (let round = 0; round < 8; round += 1) {
    assert.equal(await engine.wait(container), 1);
    await until("its bundle is deleted", () => !existsSync(container.bundle));
    container = await engine.create(container.id, options);
  }
  await engine.wait(container);
});

it("live restore: Docker dies and comes back, containers run on, and what ended meanwhile has its code", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const kept = await engine.run({ args: ["sleep", "1000"], ...own(daemon) });
  const paused = await engine.run({ args: ["sleep", "1000"], ...own(daemon) });
  const ended = await engine.run({
    args: ["sh", "-c", "read line; exit 23"],
    interactive: true,
    ...own(daemon),
  });
  await engine.pause(paused, true);
  engine.crash();
  await ended.stdin?.close();
  await daemon.client.call("updateProcess", { id: ended.id, pid: "init", closeStdin: true });
  await until("it has ended", () => !isRunning(ended.systemPid));
  await until(
    "its end is in the log",
    async () => (await daemon.client.call("state", {})).containers.length === 2,
  );
  paused.paused = false;
  await engine.start();
  assert.equal(ended.exitCode, 23);
  assert.equal(paused.paused, true, "its last event was a pause");
  assert.ok(isRunning(kept.systemPid));
  assert.equal((await (await engine.exec(kept, ["echo", "still"])).exit()).stdout, "still\n");
});

it("a containerd that is killed (as Docker ends it) and started again: containers run on, ends are heard once", async () => {
  await using daemon = await TestDaemon.start();
  await using engine = await engineOn(daemon);
  const kept = await engine.run({ args: ["sleep", "1000"], ...own(daemon) });
  const ended = await engine.run({
    args: ["sh", "-c", "read line; exit 24"],
    interactive: true,
    ...own(daemon),
  });
  engine.crash();
  await daemon.end("SIGKILL");
  process.kill(ended.systemPid, "SIGKILL");
  await ended.stdin?.close();
  await until("it has ended", () => !isRunning(ended.systemPid));
  await daemon.launch();
  await engine.start();
  assert.equal(await engine.wait(ended), 137);
  assert.ok(isRunning(kept.systemPid));
  assert.equal(await engine.stop(kept, 200), 137);
});
