import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { status } from "@grpc/grpc-js";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";

prepareHost();

/** A daemon whose state directory is a small file system of its own. */
async function daemonOnSmallDisk(): Promise<{ readonly daemon: TestDaemon } & AsyncDisposable> {
  await using building = new AsyncDisposableStack();
  const daemon = building.use(await TestDaemon.start());
  await daemon.end("SIGTERM");
  await until("its shims have ended", () => daemon.shims().length === 0);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,mode=711", "tmpfs", daemon.stateDir]);
  building.defer(async () => {
    await daemon.end("SIGTERM");
    await until("its shims have ended", () => daemon.shims().length === 0);
    execFileSync("umount", [daemon.stateDir]);
  });
  await daemon.launch();
  const stack = building.move();
  return { daemon, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Writes until not a byte more fits. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (let size = 4096; size > 0; ) {
      try {
        writeSync(fd, Buffer.alloc(size));
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(fd);
  }
}

for (const end of ["is noticed by the shim", "comes while the daemon is down"]) {
  it(`a full state directory: a start fails clearly, containers go on, and an exit that ${end} is told when there is room`, async () => {
    await using disk = await daemonOnSmallDisk();
    const { daemon } = disk;
    const seen = daemon.events();
    const { id, pid } = await daemon.run("old", [
      "sh",
      "-c",
      "trap 'exit 7' TERM; while :; do sleep 0.1; done",
    ]);
    const filler = join(daemon.stateDir, "filler");
    fill(filler);
    const bundlePath = daemon.bundle("new", ["sleep", "100"]);
    const refused = { id: daemon.id("new"), bundlePath };
    await assert.rejects(
      daemon.client.call("createContainer", refused),
      (error: Error & { code?: number }) => {
        assert.equal(error.code, status.RESOURCE_EXHAUSTED, error.message);
        assert.match(error.message, /no space left on device/);
        return true;
      },
    );
    const { containers } = await daemon.client.call("state", {});
    assert.deepEqual(
      containers.map((container) => [container.id, container.status]),
      [[id, "running"]],
    );
    assert.ok(isRunning(pid));
    if (end.includes("down")) {
      await daemon.end();
      process.kill(pid, "SIGTERM");
      await until("the process has ended", () => !isRunning(pid));
      await daemon.launch();
    } else {
      await daemon.killContainer(id, 15);
      await until("the process has ended", () => !isRunning(pid));
    }
    await daemon.client.call("state", {});
    rmSync(filler);
    const later = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
    await later.exit(id);
    await until(
      "the id is free",
      async () => (await daemon.client.call("state", {})).containers.length === 0,
    );
    await daemon.client.call("createContainer", refused);
    await daemon.killContainer(refused.id);
    await later.exit(refused.id);
    assert.deepEqual(later.of(id), ["start-container", "exit init 7"]);
    assert.deepEqual(later.of(refused.id), ["start-container", "exit init 137"]);
    if (!end.includes("down")) assert.deepEqual(seen.of(id), ["start-container", "exit init 7"]);
  });
}
