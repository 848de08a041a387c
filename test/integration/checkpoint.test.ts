import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withCriu } from "../harness/criu.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { type FifoReader, makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();
const criu = withCriu();

const counting = [
  "sh",
  "-c",
  // what is in the background has no stdin
  "(i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done) & while read line; do echo heard $line >&2; done; wait",
];

const flags = { tcp: true, unixSockets: true, shell: false, emptyNS: [] };

interface Stdio {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

function fifos(daemon: TestDaemon, folder: string): Stdio {
  const directory = join(daemon.directory, folder);
  mkdirSync(directory);
  const make = (name: string): string => makeFifo(directory, name);
  return { stdin: make("in"), stdout: make("out"), stderr: make("err") };
}

const numbers = (reader: FifoReader): number[] => reader.text().split("\n").slice(0, -1).map(Number);

/** A container that counts on its stdout, read from the first number on. */
async function counter(daemon: TestDaemon, name: string) {
  const stdio = fifos(daemon, `${name}-stdio`);
  const out = readFifo(stdio.stdout);
  const err = readFifo(stdio.stderr);
  const bundlePath = daemon.bundle(name, counting);
  const id = daemon.id(name);
  await daemon.client.call("createContainer", { id, bundlePath, ...stdio });
  await until("it counts", () => numbers(out).length > 5);
  return { id, bundlePath, out, err, stdio };
}

const init = async (daemon: TestDaemon, id: string): Promise<number> => {
  const { containers } = await daemon.client.call("state", { id });
  return containers[0]?.processes[0]?.systemPid ?? 0;
};

describe("a checkpoint", criu, () => {
  it("that ends its container is gone on with where it was, on other FIFOs", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id, bundlePath, out, err } = await counter(daemon, "count");
    const checkpointDir = join(daemon.directory, "kept");
    const checkpoint = { ...flags, name: "one", exit: true };
    await daemon.client.call("createCheckpoint", { id, checkpoint, checkpointDir });
    assert.equal((await events.exit(id)).status, 137, "as one that was killed");
    const last = Number((await out.end).toString().trimEnd().split("\n").at(-1));
    await err.end;

    const after = fifos(daemon, "after");
    const again = readFifo(after.stdout);
    const heard = readFifo(after.stderr);
    const input = writeFifo(after.stdin);
    const { container } = await daemon.client.call("createContainer", {
      ...{ id, bundlePath, checkpoint: "one", checkpointDir },
      ...after,
    });
    assert.equal(container?.status, "running");
    assert.equal(container?.processes[0]?.pid, "init");
    await until("it counts again", () => numbers(again).length > 5);
    assert.equal(numbers(again)[0], last + 1, "no number is lost or told twice");
    input.write("me\n");
    await until("it hears", () => heard.text() === "heard me\n");
    await input.close();

    const { checkpoints } = await daemon.client.call("listCheckpoint", { id, checkpointDir });
    assert.deepEqual(
      checkpoints.map(({ name, exit, tcp, unixSockets }) => ({ name, exit, tcp, unixSockets })),
      [{ name: "one", exit: true, tcp: true, unixSockets: true }],
    );
    await daemon.killContainer(id);
    await Promise.all([again.end, heard.end]);
    const exits = () => events.of(id).filter((event) => event.startsWith("exit"));
    await until("its second end is told", () => exits().length === 2);
    assert.deepEqual(exits(), ["exit init 137", "exit init 137"]);
  });

  it("leaves its container running where that is asked for, and belongs to the bundle by default", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id, bundlePath, out, err } = await counter(daemon, "on");
    const pid = await init(daemon, id);
    await daemon.client.call("createCheckpoint", { id, checkpoint: { ...flags, name: "a.1" } });
    const seen = numbers(out).length;
    await until("it goes on", () => numbers(out).length > seen + 3);
    assert.equal(await init(daemon, id), pid);
    assert.deepEqual(readdirSync(join(bundlePath, "checkpoints")), ["a.1"]);
    const config: unknown = JSON.parse(readFileSync(join(bundlePath, "checkpoints/a.1/config.json"), "utf8"));
    assert.partialDeepStrictEqual(config, { ...flags, name: "a.1", exit: false });

    await assert.rejects(daemon.client.call("createCheckpoint", { id, checkpoint: { name: "a.1" } }), {
      code: 6,
    });
    await daemon.client.call("deleteCheckpoint", { id, name: "a.1" });
    assert.deepEqual((await daemon.client.call("listCheckpoint", { id })).checkpoints, []);
    assert.ok(!existsSync(join(bundlePath, "checkpoints/a.1")));
    await assert.rejects(daemon.client.call("deleteCheckpoint", { id, name: "a.1" }), { code: 5 });
    await daemon.killContainer(id);
    await events.exit(id);
    await Promise.all([out.end, err.end]);
  });

  it("of a container with a terminal is restored with a terminal", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const args = ["sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done"];
    const bundlePath = daemon.bundle("tty", { args, terminal: true });
    const id = daemon.id("tty");
    const { stdin, stdout } = fifos(daemon, "before");
    const out = readFifo(stdout);
    await daemon.client.call("createContainer", { id, bundlePath, stdin, stdout });
    await until("it counts", () => numbers(out).length > 5);
    await daemon.client.call("createCheckpoint", {
      id,
      checkpoint: { ...flags, shell: true, name: "one", exit: true },
    });
    await events.exit(id);
    await out.end;
    const after = fifos(daemon, "after");
    const again = readFifo(after.stdout);
    await daemon.client.call("createContainer", {
      ...{ id, bundlePath, checkpoint: "one", checkpointDir: join(bundlePath, "checkpoints") },
      ...{ stdin: after.stdin, stdout: after.stdout },
    });
    await until("it counts again", () => numbers(again).length > 5);
    assert.ok((numbers(again)[0] ?? 0) > 3);
    await daemon.killContainer(id);
    await again.end;
  });

  it("that CRIU cannot restore is refused with its reason, and the id is free", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id, bundlePath, out, err, stdio } = await counter(daemon, "torn");
    await daemon.client.call("createCheckpoint", { id, checkpoint: { ...flags, name: "one", exit: true } });
    await events.exit(id);
    await Promise.all([out.end, err.end]);
    const images = join(bundlePath, "checkpoints/one");
    renameSync(join(images, "core-1.img"), join(images, "lost.img"));
    const request = {
      ...{ id, bundlePath, checkpoint: "one", checkpointDir: join(bundlePath, "checkpoints") },
    };
    await assert.rejects(daemon.client.call("createContainer", { ...request, ...stdio }), {
      details: /^oci runtime error: criu failed: .*empty-image/s,
    });
    await assert.rejects(daemon.client.call("createContainer", { ...request, checkpoint: "two" }), {
      code: 5,
    });
    renameSync(join(images, "lost.img"), join(images, "core-1.img"));
    await assert.rejects(daemon.client.call("createContainer", request), {
      ...{ code: 9, details: /made with a FIFO as std(in|out|err), and can only be restored with one/ },
    });
    const end = Promise.all([readFifo(stdio.stdout).end, readFifo(stdio.stderr).end]);
    await daemon.client.call("createContainer", { ...request, ...stdio });
    assert.ok((await init(daemon, id)) > 0);
    await daemon.killContainer(id);
    await end;
  });

  it("whose daemon is killed before it is made leaves no trace, once somebody looks", async () => {
    await using daemon = await TestDaemon.start();
    const { id, bundlePath, out, err } = await counter(daemon, "early");
    await daemon.restart("SIGKILL", { env: { CONTAINERD_TS_FAILPOINT: "checkpoint.prepared=kill" } });
    await assert.rejects(
      daemon.client.call("createCheckpoint", { id, checkpoint: { ...flags, name: "one" } }),
    );
    await daemon.restart();
    assert.deepEqual((await daemon.client.call("listCheckpoint", { id })).checkpoints, []);
    assert.deepEqual(readdirSync(join(bundlePath, "checkpoints")), []);
    await daemon.client.call("createCheckpoint", { id, checkpoint: { ...flags, name: "one" } });
    await daemon.killContainer(id);
    await Promise.all([out.end, err.end]);
  });

  it("with which its container ended is not lost with a daemon that is killed at that moment", async () => {
    await using daemon = await TestDaemon.start();
    const { id, bundlePath, out, err } = await counter(daemon, "late");
    await daemon.restart("SIGKILL", { env: { CONTAINERD_TS_FAILPOINT: "checkpoint.dumped=kill" } });
    using events = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
    await assert.rejects(
      daemon.client.call("createCheckpoint", { id, checkpoint: { ...flags, name: "one", exit: true } }),
    );
    events[Symbol.dispose]();
    await daemon.restart();
    using later = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
    await later.exit(id);
    const last = Number((await out.end).toString().trimEnd().split("\n").at(-1));
    await err.end;
    const after = fifos(daemon, "after");
    const again = readFifo(after.stdout);
    const silent = readFifo(after.stderr);
    await daemon.client.call("createContainer", {
      ...{ id, bundlePath, checkpoint: "one", checkpointDir: join(bundlePath, "checkpoints") },
      ...after,
    });
    await until("it counts again", () => numbers(again).length > 5);
    assert.equal(numbers(again)[0], last + 1);
    await daemon.killContainer(id);
    await Promise.all([again.end, silent.end]);
  });
});

describe("checkpoints' names", () => {
  it("are single components of a path, and nothing else is ever removed", async () => {
    await using daemon = await TestDaemon.start();
    const { id, bundle } = await daemon.run("names", ["sleep", "1000"]);
    mkdirSync(join(bundle, "checkpoints/mine"), { recursive: true });
    for (const name of ["..", ".", "a/b", "../names", "/", "\0", ".hidden", " "]) {
      await assert.rejects(daemon.client.call("createCheckpoint", { id, checkpoint: { name } }), { code: 3 });
      await assert.rejects(daemon.client.call("deleteCheckpoint", { id, name }), { code: 3 });
    }
    await assert.rejects(daemon.client.call("deleteCheckpoint", { id, name: "" }), {
      code: 3,
      details: "checkpoint name cannot be empty",
    });
    await assert.rejects(daemon.client.call("deleteCheckpoint", { id, name: "mine" }), { code: 5 });
    assert.ok(existsSync(join(bundle, "checkpoints/mine")));
    assert.ok(existsSync(join(bundle, "config.json")));
    await assert.rejects(daemon.client.call("listCheckpoint", { id: "nobody" }), {
      code: 5,
      details: "no such containers",
    });
  });
});
