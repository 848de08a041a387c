import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { type Held, ShimConnection } from "../../src/shim/client/index.ts";
import { linuxSys } from "../../src/sys/linux.ts";
import { makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { TestShim } from "./harness.ts";

prepareHost();
const sys = linuxSys();
const program = join(import.meta.dirname, "../../bin/containerd-shim");

/** Says one line, and gives the answer's. */
async function say(socket: string, line: string): Promise<Record<string, unknown>> {
  const connection = createConnection(socket);
  connection.write(`${line}\n`);
  for await (const answer of createInterface(connection)) {
    connection.destroy();
    return JSON.parse(answer) as Record<string, unknown>;
  }
  throw new Error("no answer");
}

describe("a shim", () => {
  it("tells a new daemon of exits that were not acknowledged, and not of the others", async () => {
    await using shim = await TestShim.start();
    // a shim that has nothing left ends with its connection
    const kept = await shim.run("kept", ["sleep", "1000"]);
    const one = await shim.run("one", ["sleep", "1000"]);
    await shim.run("two", ["true"]);
    await shim.exit("two");
    shim.disconnect();
    process.kill(one.pid, "SIGKILL");
    await shim.reconnect();
    assert.equal((await shim.exit("one")).status, 137);
    await shim.reconnect();
    await shim.run("three", ["true"]);
    await shim.exit("three");
    assert.deepEqual(
      shim.exits.map(({ container }) => container),
      [shim.id("three")],
    );
    process.kill(kept.pid, "SIGKILL");
    await shim.exit("kept");
  });

  it("tells what it has, with what it holds of it", async () => {
    await using shim = await TestShim.start();
    const stdin = makeFifo(shim.directory, "in");
    const { pid, startTime, held } = await shim.run("main", ["sleep", "1000"], { stdin });
    assert.equal(startTime, sys.readProc(pid)?.startTime);
    await shim.reconnect();
    const directory = shim.state.container(shim.id("main")).process("init").path;
    assert.deepEqual(await shim.shim.list(), [
      { ...shim.key("main"), directory, state: "running", pid, startTime, held },
    ]);
    assert.deepEqual(Object.keys(held), ["stdinWriter"]);
    process.kill(pid, "SIGKILL");
    await until("it has ended", () => shim.exits.length === 1);
    const [ended] = await shim.shim.list();
    assert.equal(ended?.state, "ended");
    assert.equal(ended?.state === "ended" && ended.status, 137);
  });

  it("has the exit on the disk before it tells anybody", async () => {
    await using shim = await TestShim.start();
    await shim.run("main", ["sh", "-c", "exit 9"]);
    await until("it is told", () => shim.exits.length === 1);
    const { exitFile } = shim.state.container(shim.id("main")).process("init");
    assert.equal((JSON.parse(readFileSync(exitFile, "utf8")) as { status: number }).status, 9);
  });

  it("serves the daemon that came last", async () => {
    await using shim = await TestShim.start();
    const before = shim.shim;
    const old = before.closed;
    const second = await ShimConnection.connect({
      socket: shim.state.shim("shared").socket,
      daemonPid: process.pid,
      onExit: () => {},
    });
    await old;
    await assert.rejects(before.list(), {
      code: "UNAVAILABLE",
      message: /^shim error: the connection to shim shared \(pid \d+\) has ended/,
    });
    assert.deepEqual(await second.list(), []);
    second[Symbol.dispose]();
  });

  it("speaks with a newer daemon in its own version", async () => {
    await using shim = await TestShim.start();
    const { socket } = shim.state.shim("shared");
    const answer = await say(socket, '{"seq":1,"method":"hello","version":99,"daemonPid":1,"news":true}');
    assert.deepEqual(answer, { seq: 1, ok: { version: 1, pid: shim.shim.pid, name: "shared" } });
  });

  it("refuses what it does not understand, and goes on", async () => {
    await using shim = await TestShim.start();
    await shim.run("main", ["sleep", "1000"]);
    const { socket } = shim.state.shim("shared");
    const code = async (line: string) => ((await say(socket, line))["error"] as { code: string }).code;
    assert.equal(await code('{"seq":1,"method":"hello","version":0,"daemonPid":1}'), "FAILED_PRECONDITION");
    assert.equal(await code('{"seq":1,"method":"list"}'), "FAILED_PRECONDITION");
    assert.equal(await code("{"), "INVALID_ARGUMENT");
    assert.equal(await code("[]"), "INVALID_ARGUMENT");
    await shim.reconnect();
    await assert.rejects(
      shim.shim.launch({ container: "..", process: "init", bundle: "", runtime: "runc", directory: "/" }),
      { code: "INVALID_ARGUMENT" },
    );
    await assert.rejects(shim.shim.closeStdin(shim.key("nobody")), { code: "NOT_FOUND" });
    assert.equal((await shim.shim.list()).length, 1);
  });

  it("lets nobody but its owner connect", async () => {
    await using shim = await TestShim.start();
    assert.equal(statSync(shim.state.shim("shared").socket).mode & 0o777, 0o600);
  });

  it("is found below a state directory that is deeper than a socket's address is long", async () => {
    await using shim = await TestShim.start("runc", { under: `${"d".repeat(100)}/${"e".repeat(100)}` });
    const stdout = makeFifo(shim.directory, "out");
    const out = readFifo(stdout);
    await shim.run("tty", { args: ["tty"], terminal: true }, { stdout });
    assert.equal((await shim.exit("tty")).status, 0);
    assert.match((await out.end).toString(), /^\/dev\//);
  });

  it("refuses to serve where another one does", async () => {
    await using shim = await TestShim.start();
    const args = ["--state", shim.state.path, "--name", "shared"];
    const other = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    assert.match(await text(other.stderr), /another shim serves shared/);
    assert.deepEqual(await shim.shim.list(), []);
  });

  it("serves one container in 0.2.x's form, from its directory", async () => {
    await using shim = await TestShim.start();
    shim.disconnect();
    await shim.end();
    const id = shim.id("one");
    const { path } = shim.state.container(id);
    mkdirSync(path);
    const child = spawn(program, [id, "/bundle", "runc"], { cwd: path, stdio: "ignore", detached: true });
    const ended = once(child, "exit");
    const connection = await ShimConnection.connect({
      socket: shim.state.shim(id).socket,
      daemonPid: process.pid,
      onExit: () => {},
      awaited: true,
      signal: AbortSignal.timeout(20_000),
    });
    assert.equal(connection.name, id);
    connection[Symbol.dispose]();
    assert.deepEqual(await ended, [0, null]);
    assert.equal(existsSync(shim.state.shim(id).path), false);
  });

  it("stays at SIGTERM while it has processes", async () => {
    await using shim = await TestShim.start();
    await shim.run("main", ["sleep", "1000"]);
    process.kill(shim.shim.pid, "SIGTERM");
    await until("it says so", () => shim.log.includes("SIGTERM is ignored"));
    assert.equal((await shim.shim.list()).length, 1);
  });
});

describe("a shim that is killed", () => {
  it("leaves its terminals to the next one, which takes them from the daemon", async () => {
    await using shim = await TestShim.start();
    const [stdin, stdout] = [makeFifo(shim.directory, "in"), makeFifo(shim.directory, "out")];
    const out = readFifo(stdout);
    const writer = writeFifo(stdin);
    const bundle = { args: ["sh"], terminal: true, env: ["PATH=/bin", "PS1=$ "] };
    const { pid, startTime, held } = await shim.run("sh", bundle, { stdin, stdout });
    using taken = new DisposableStack();
    const own = takeDuplicates(shim.shim.pid, held, taken);
    writer.write("echo o''ne\n");
    await until("the shell answers", () => out.text().includes("\none\r\n"));
    await shim.end();
    await shim.launch();
    const directory = shim.state.container(shim.id("sh")).process("init").path;
    await shim.shim.adopt({ ...shim.key("sh"), directory, pid, startTime, held: own });
    taken.dispose();
    await shim.shim.resize(shim.key("sh"), 77, 33);
    writer.write("stty size; echo t''wo; exit\n");
    await until("it has ended", () => !isRunning(pid));
    const said = (await out.end).toString();
    assert.match(said, /33 77\r\ntwo\r\n/);
    await until("the shim has forgotten it", async () => (await shim.shim.list()).length === 0);
    await writer.close().catch(() => {});
  });

  it("leaves stdin open, and the next one closes it", async () => {
    await using shim = await TestShim.start();
    const [stdin, stdout] = [makeFifo(shim.directory, "in"), makeFifo(shim.directory, "out")];
    const out = readFifo(stdout);
    const { pid, startTime, held } = await shim.run("cat", ["cat"], { stdin, stdout });
    using taken = new DisposableStack();
    const own = takeDuplicates(shim.shim.pid, held, taken);
    await shim.end();
    await shim.launch();
    const directory = shim.state.container(shim.id("cat")).process("init").path;
    await shim.shim.adopt({ ...shim.key("cat"), directory, pid, startTime, held: own });
    taken.dispose();
    const writer = writeFifo(stdin);
    writer.write("still open\n");
    await writer.close();
    await until("it is there", () => out.text() === "still open\n");
    assert.ok(isRunning(pid));
    await shim.shim.closeStdin(shim.key("cat"));
    await out.end;
    await until("the shim has forgotten it", async () => (await shim.shim.list()).length === 0);
  });
});

/** What the daemon does after a launch. */
function takeDuplicates(pid: number, held: Held, stack: DisposableStack) {
  const pidfd = sys.pidfdOpen(pid);
  const own = Object.entries(held).map(
    ([name, fd]) => [name, stack.adopt(sys.pidfdGetFd(pidfd, fd), (mine) => sys.close(mine))] as const,
  );
  sys.close(pidfd);
  return Object.fromEntries(own);
}
