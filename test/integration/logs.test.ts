import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { describe, it } from "node:test";
import { readLog } from "../../src/base/log-reader.ts";
import type { LogRecord } from "../../src/base/log-record.ts";
import { connect } from "../../src/client/index.ts";
import { busyboxRootfs } from "../harness/bundle.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { makeFifo, readFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const logged = { flags: ["--log-driver", "file"] };
const fileLabel = "containerd-ts.log-driver=file";

function logPath(daemon: TestDaemon, id: string): string {
  return join(daemon.logDir, id, "output.log");
}

async function records(daemon: TestDaemon, id: string): Promise<LogRecord[]> {
  return await Array.fromAsync(readLog(logPath(daemon, id)));
}

async function text(daemon: TestDaemon, id: string, stream?: string): Promise<string> {
  const all = await records(daemon, id);
  return all
    .filter((record) => stream === undefined || record.stream === stream)
    .map(({ log }) => log)
    .join("");
}

/** Writes numbers, with a pause after each. */
const counting = (to: number): string[] => [
  "sh",
  "-c",
  `i=0; while [ $i -lt ${to} ]; do i=$((i+1)); echo $i; sleep 0.02; done`,
];
const upTo = (last: number): string => Array.from({ length: last }, (_, at) => `${at + 1}\n`).join("");

describe("the log driver file", () => {
  it("has every byte of stdout and stderr when the exit is told, and survives the container", async () => {
    await using daemon = await TestDaemon.start(logged);
    using events = daemon.events();
    const bundle = daemon.bundle("out", ["sh", "-c", "seq 1 20000; echo Störung >&2; printf unfinished"]);
    const id = daemon.id("out");
    await daemon.client.call("createContainer", { id, bundlePath: bundle });
    assert.equal((await events.exit(id)).status, 0);
    assert.equal(await text(daemon, id, "stdout"), `${upTo(20_000)}unfinished`);
    assert.equal(await text(daemon, id, "stderr"), "Störung\n");
    assert.match((await records(daemon, id))[0]?.time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.equal(statSync(logPath(daemon, id)).mode & 0o777, 0o600);
  });

  it("is asked for by a container's label, and refused by one", async () => {
    await using plain = await TestDaemon.start();
    using events = plain.events();
    const id = plain.id("label");
    const bundlePath = plain.bundle("label", ["echo", "labelled"]);
    await plain.client.call("createContainer", { id, bundlePath, labels: [fileLabel] });
    await events.exit(id);
    assert.equal(await text(plain, id), "labelled\n");

    await using daemon = await TestDaemon.start(logged);
    using others = daemon.events();
    const silent = daemon.id("silent");
    const labels = ["containerd-ts.log-driver=none"];
    await daemon.client.call("createContainer", {
      ...{ id: silent, labels },
      bundlePath: daemon.bundle("silent", ["echo", "x"]),
    });
    await others.exit(silent);
    assert.equal(existsSync(logPath(daemon, silent)), false);
    await assert.rejects(
      daemon.client.call("createContainer", {
        ...{ id: silent, labels: ["containerd-ts.log-max-size=many"] },
        bundlePath: daemon.bundle("bad", ["true"]),
      }),
      /label containerd-ts.log-max-size must be a size from 64k up, such as 10M, not \\?"many/,
    );
  });

  it("leaves alone what a client reads itself", async () => {
    await using daemon = await TestDaemon.start(logged);
    const bundlePath = daemon.bundle("own", ["echo", "mine"]);
    const stdout = makeFifo(bundlePath, "stdout");
    const out = readFifo(stdout);
    const id = daemon.id("own");
    await daemon.client.call("createContainer", { id, bundlePath, stdout });
    assert.equal((await out.end).toString(), "mine\n");
    assert.equal(existsSync(logPath(daemon, id)), false);
  });

  it("keeps so many files of such a size, and the newest lines are in them", async () => {
    await using daemon = await TestDaemon.start(logged);
    using events = daemon.events();
    const id = daemon.id("turn");
    const bundlePath = daemon.bundle("turn", ["seq", "1", "20000"]);
    const labels = ["containerd-ts.log-max-size=64k", "containerd-ts.log-max-files=3"];
    await daemon.client.call("createContainer", { id, bundlePath, labels });
    await events.exit(id);
    const files = readdirSync(join(daemon.logDir, id)).sort();
    assert.deepEqual(files, ["output.log", "output.log.1", "output.log.2"]);
    for (const file of files) assert.ok(statSync(join(daemon.logDir, id, file)).size <= 64 << 10);
    const lines = (await text(daemon, id)).trimEnd().split("\n").map(Number);
    assert.equal(lines.at(-1), 20_000);
    const first = lines[0] ?? 0;
    assert.deepEqual(
      lines,
      Array.from({ length: 20_000 - first + 1 }, (_, at) => first + at),
      "no line is missing between the oldest and the newest",
    );
  });

  it("goes on while the daemon is dead, and is whole when the next one tells the exit", async () => {
    await using daemon = await TestDaemon.start(logged);
    const { id } = await daemon.run("long", counting(60));
    await until("it writes", async () => (await text(daemon, id)).includes("5\n"));
    await daemon.end();
    await until("it has said everything", async () => (await text(daemon, id)) === upTo(60));
    await daemon.launch();
    using events = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
    assert.equal((await events.exit(id)).status, 0);
  });

  it("is gone on with by the next shim, and by one that a later daemon starts; no line is missing", async () => {
    await using daemon = await TestDaemon.start(logged);
    const { id } = await daemon.run("long", counting(200));
    await until("it writes", async () => (await text(daemon, id)).includes("5\n"));
    await daemon.killShims();
    const before = (await text(daemon, id)).length;
    await until("the next shim writes", async () => (await text(daemon, id)).length > before + 20);
    await daemon.end();
    await daemon.launch();
    await daemon.end();
    await daemon.killShims();
    await daemon.launch();
    using events = daemon.events({ timestamp: { seconds: 0n, nanos: 0 } });
    assert.equal((await events.exit(id)).status, 0);
    await until("the last line is there", async () => (await text(daemon, id)) === upTo(200));
  });

  it("logs a terminal too", async () => {
    await using daemon = await TestDaemon.start(logged);
    using events = daemon.events();
    const id = daemon.id("tty");
    const bundlePath = daemon.bundle("tty", {
      args: ["sh", "-c", "tty; seq 1 3000; echo problem >&2"],
      terminal: true,
    });
    await daemon.client.call("createContainer", { id, bundlePath });
    await events.exit(id);
    const all = await text(daemon, id, "stdout");
    assert.match(all, /^\/dev\/\S+\r\n1\r\n/);
    assert.match(all, /\n3000\r\nproblem\r\n$/);
  });

  it("can be opened again by a process that is not root, as /dev/stdout", async () => {
    await using daemon = await TestDaemon.start(logged);
    using events = daemon.events();
    const id = daemon.id("user");
    const bundlePath = daemon.bundle("user", {
      args: ["sh", "-c", "echo again > /proc/self/fd/1"],
      user: { uid: 1000, gid: 1000 },
    });
    await daemon.client.call("createContainer", { id, bundlePath });
    assert.equal((await events.exit(id)).status, 0);
    assert.equal(await text(daemon, id), "again\n");
  });

  it("that cannot be made refuses the start with the reason, and leaves nothing", async () => {
    await using daemon = await TestDaemon.start({ flags: [...logged.flags, "--log-dir", "/dev/null/logs"] });
    await assert.rejects(
      daemon.client.call("createContainer", {
        id: daemon.id("none"),
        bundlePath: daemon.bundle("none", ["true"]),
      }),
      /mkdir \/dev\/null\/logs/,
    );
    assert.deepEqual((await daemon.client.call("state", {})).containers, []);
  });
});

describe("ctr logs", () => {
  it("shows what `ctr run --detach --log-driver file` and any logged container said, and follows it to its end", async () => {
    await using daemon = await TestDaemon.start(logged);
    const { id } = await daemon.run("told", [
      "sh",
      "-c",
      "seq 1 5; echo six >&2; read go || sleep 0.3; echo seven",
    ]);
    const followed = await ctr(daemon, ["logs", "--follow", id]);
    assert.deepEqual(followed, { code: 0, out: "1\n2\n3\n4\n5\nseven\n", err: "six\n" });
    assert.equal((await ctr(daemon, ["logs", "--tail", "3", id])).out, "5\nseven\n");
    assert.equal((await ctr(daemon, ["logs", "--since", "1h", "-n1", id])).out, "seven\n");
    assert.equal((await ctr(daemon, ["logs", "--since", "2100-01-01T00:00:00Z", id])).out, "");
    assert.match((await ctr(daemon, ["logs", "-t", "-n", "1", id])).out, /^\d{4}-\S+Z seven\n$/);

    await daemon.end();
    assert.equal((await ctr(daemon, ["logs", "--log-dir", daemon.logDir, "-n", "1", id])).out, "seven\n");
    await daemon.launch();

    const mine = daemon.id("run");
    const rootfs = busyboxRootfs(daemon.directory);
    const run = ["run", "--detach", "--log-driver", "file", "--rootfs", rootfs, mine, "echo", "from run"];
    using events = daemon.events();
    assert.deepEqual(await ctr(daemon, run), { code: 0, out: `${mine}\n`, err: "" });
    await events.exit(mine);
    assert.equal((await ctr(daemon, ["logs", mine])).out, "from run\n");
    assert.equal((await ctr(daemon, ["rm", mine])).code, 0);
    assert.match(
      (await ctr(daemon, ["logs", mine])).err,
      /there is no log of .*: a container has one with --log-driver file/,
    );
  });
});

async function ctr(daemon: TestDaemon, args: readonly string[]) {
  const child = spawn(join(import.meta.dirname, "../../bin/ctr"), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      CONTAINERD_ADDRESS: `unix://${daemon.socket}`,
      CONTAINERD_LOG_DIR: daemon.logDir,
      CTR_BUNDLES: join(daemon.directory, "ctr"),
    },
  });
  const [out, err, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, out, err };
}

describe("Logs over the socket", () => {
  it("gives what was said and what comes, until the container ends, the loop is left or the call is cancelled", async () => {
    await using daemon = await TestDaemon.start(logged);
    await using client = await connect({ address: `unix://${daemon.socket}` });
    const { id } = await daemon.run("told", ["sh", "-c", "echo one; echo two; sleep 1000"]);
    const container = client.containers.byId(id);
    const seen: string[] = [];
    for await (const { log } of container.logs({ follow: true })) {
      seen.push(log);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ["one\n", "two\n"]);

    const cancel = new AbortController();
    const cancelled = Array.fromAsync(container.logs({ follow: true, tail: 0, signal: cancel.signal }));
    cancel.abort();
    await assert.rejects(cancelled, { code: "CANCELLED" });

    const followed = Array.fromAsync(container.logs({ follow: true, tail: 1 }));
    await container.kill("SIGKILL");
    assert.deepEqual(
      (await followed).map(({ stream, log }) => [stream, log]),
      [["stdout", "two\n"]],
    );
    await assert.rejects(Array.fromAsync(client.containers.byId("nobody").logs()), { code: "NOT_FOUND" });
  });
});
