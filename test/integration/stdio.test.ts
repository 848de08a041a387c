import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

describe("stdio through FIFOs", () => {
  it("brings stdout and stderr to their readers, to the last byte, and ends with the process", async () => {
    await using daemon = await TestDaemon.start();
    const bundle = daemon.bundle("out", ["sh", "-c", "seq 1 100000; echo problem >&2"]);
    const [stdout, stderr] = [makeFifo(bundle, "stdout"), makeFifo(bundle, "stderr")];
    const [out, err] = [readFifo(stdout), readFifo(stderr)];
    await daemon.client.call("createContainer", { id: daemon.id("out"), bundlePath: bundle, stdout, stderr });
    const lines = (await out.end).toString().trimEnd().split("\n");
    assert.equal(lines.length, 100_000);
    assert.equal(lines.at(-1), "100000");
    assert.equal((await err.end).toString(), "problem\n");
  });

  it("starts without any reader, and a full FIFO hides no exit", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("full", ["yes"]);
    const [stdout, stderr] = [makeFifo(bundle, "stdout"), makeFifo(bundle, "stderr")];
    const id = daemon.id("full");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdout, stderr });
    await daemon.killContainer(id);
    assert.equal((await events.exit(id)).status, 137);
  });

  it("carries 500 MiB through stdin whole, and its end once the writer and the daemon have closed it", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("in", ["busybox", "sha256sum"]);
    const [stdin, stdout] = [makeFifo(bundle, "stdin"), makeFifo(bundle, "stdout")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    const id = daemon.id("in");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdin, stdout });
    const block = Buffer.alloc(1 << 20, "0123456789abcdef");
    const hash = createHash("sha256");
    for (let n = 0; n < 500; n += 1) {
      hash.update(block);
      writer.write(block);
    }
    await writer.close();
    assert.equal(events.of(id).length, 1, "the end of one writer is not stdin's end");
    await daemon.client.call("updateProcess", { id, pid: "init", closeStdin: true });
    assert.equal((await events.exit(id)).status, 0);
    assert.equal((await out.end).toString().split(" ")[0], hash.digest("hex"));
  });

  it("may be closed at once after the start, and what was written before arrives", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("cat", ["cat"]);
    const [stdin, stdout] = [makeFifo(bundle, "stdin"), makeFifo(bundle, "stdout")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    writer.write("written early\n");
    const id = daemon.id("cat");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdin, stdout });
    await daemon.client.call("updateProcess", { id, pid: "init", closeStdin: true });
    await writer.close();
    await events.exit(id);
    assert.equal((await out.end).toString(), "written early\n");
  });

  it("goes to plain files too", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("file", ["sh", "-c", "echo to a file"]);
    const stdout = join(bundle, "out.txt");
    writeFileSync(stdout, "before\n");
    const id = daemon.id("file");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdout });
    await events.exit(id);
    assert.equal(readFileSync(stdout, "utf8"), "before\nto a file\n");
  });

  it("that is a directory or is not there gives one clear error, and leaves nothing", async () => {
    await using daemon = await TestDaemon.start();
    const bundle = daemon.bundle("bad", ["true"]);
    mkdirSync(join(bundle, "directory"));
    for (const [name, pattern] of [
      ["directory", /directory/],
      ["missing", /missing.*(no such file|ENOENT|does not exist)/i],
    ] as const) {
      await assert.rejects(
        daemon.client.call("createContainer", {
          id: daemon.id("bad"),
          bundlePath: bundle,
          stdout: join(bundle, name),
        }),
        (error: Error & { details: string }) => pattern.test(error.details),
      );
    }
    assert.deepEqual((await daemon.client.call("state", {})).containers, []);
  });

  it("can be opened again by a process that is not root, as /dev/stdout", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("user", {
      args: ["sh", "-c", "echo again > /proc/self/fd/1"],
      user: { uid: 1000, gid: 1000 },
    });
    const [stdout, stderr] = [makeFifo(bundle, "stdout"), makeFifo(bundle, "stderr")];
    const [out, err] = [readFifo(stdout), readFifo(stderr)];
    const id = daemon.id("user");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdout, stderr });
    assert.equal((await events.exit(id)).status, 0);
    assert.equal((await out.end).toString(), "again\n");
    assert.equal((await err.end).toString(), "");
  });

  it("of an exec may be kept open by a background child, and its exit is told all the same", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id, bundle } = await daemon.run("bg", ["sleep", "1000"]);
    const stdout = makeFifo(bundle, "exec-stdout");
    const out = readFifo(stdout);
    await daemon.client.call("addProcess", {
      ...{
        id,
        pid: "bg",
        args: ["sh", "-c", "sleep 1000 & echo started"],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
        stdout,
      },
    });
    assert.equal((await events.exit(id, "bg")).status, 0);
    await until("what it wrote is there", () => out.text() === "started\n");
    await daemon.killContainer(id);
    await out.end;
  });

  it("outlives daemon and shim: a container goes on writing, nothing is lost", async () => {
    await using daemon = await TestDaemon.start();
    const script = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo $i; sleep 0.05; done; exec sleep 1000";
    const bundle = daemon.bundle("long", ["sh", "-c", script]);
    const stdout = makeFifo(bundle, "stdout");
    const out = readFifo(stdout);
    const id = daemon.id("long");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdout });
    await until("it writes", () => out.text().includes("5\n"));
    await daemon.end();
    await daemon.killShims();
    await until("it has written everything", () => out.text().endsWith("\n40\n"));
    await daemon.launch();
    using events = daemon.events();
    await daemon.killContainer(id);
    assert.equal((await events.exit(id)).status, 137);
    assert.equal((await out.end).toString().trim().split("\n").length, 40);
  });
});

describe("a terminal", () => {
  it("is one to the process, has the size it was given, and its output arrives drained", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("tty", {
      args: ["sh", "-c", "tty; read go; stty size; seq 1 2000; echo done"],
      terminal: true,
    });
    const [stdin, stdout] = [makeFifo(bundle, "stdin"), makeFifo(bundle, "stdout")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    const id = daemon.id("tty");
    // as Docker does: a stderr path is named, and nothing is there
    await daemon.client.call("createContainer", {
      id,
      bundlePath: bundle,
      stdin,
      stdout,
      stderr: join(bundle, "stderr"),
    });
    await until("it runs", () => out.text().includes("/dev/"));
    await daemon.client.call("updateProcess", { id, pid: "init", width: 123, height: 45 });
    writer.write("go\n");
    assert.equal((await events.exit(id)).status, 0);
    const text = (await out.end).toString();
    assert.match(text, /\/dev\/(pts\/\d+|console)\r\n/);
    assert.match(text, /45 123\r\n/);
    assert.match(text, /\n2000\r\ndone\r\n$/);
    await writer.close().catch(() => undefined);
  });

  it("of an exec is resized by its own name", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const { id, bundle } = await daemon.run("two", ["sleep", "1000"]);
    const [stdin, stdout] = [makeFifo(bundle, "x-in"), makeFifo(bundle, "x-out")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    await daemon.client.call("addProcess", {
      ...{
        id,
        pid: "x",
        terminal: true,
        args: ["sh", "-c", "echo up; read go; stty size"],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
        stdin,
        stdout,
      },
    });
    await until("it runs", () => out.text().includes("up"));
    await daemon.client.call("updateProcess", { id, pid: "x", width: 91, height: 19 });
    writer.write("go\n");
    await events.exit(id, "x");
    assert.match((await out.end).toString(), /19 91\r\n/);
    await writer.close().catch(() => undefined);
  });

  it("outlives its shim: the shell goes on, and answers through the next one", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events();
    const bundle = daemon.bundle("sh", { args: ["sh"], terminal: true, env: ["PATH=/bin", "PS1=$ "] });
    const [stdin, stdout] = [makeFifo(bundle, "stdin"), makeFifo(bundle, "stdout")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    const id = daemon.id("sh");
    await daemon.client.call("createContainer", { id, bundlePath: bundle, stdin, stdout });
    writer.write("echo o''ne\n");
    await until("the shell answers", () => out.text().includes("\none\r\n"));
    await daemon.killShims();
    writer.write("echo t''wo; exit 4\n");
    assert.equal((await events.exit(id)).status, 4);
    assert.match((await out.end).toString(), /two\r\n/);
    await writer.close().catch(() => undefined);
  });
});
