import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { status } from "@grpc/grpc-js";
import {
  AlreadyExists,
  Cancelled,
  type Client,
  type ContainerEvent,
  connect,
  DeadlineExceeded,
  ExecError,
  InvalidArgument,
  NotFound,
  type StartedContainer,
  Unavailable,
} from "./index.ts";
import { FakeDaemon, Refusal } from "./testing/fake-daemon.ts";

interface Fixture extends AsyncDisposable {
  readonly daemon: FakeDaemon;
  readonly client: Client;
  /** Starts a container whose program is these words. */
  start(id: string, program?: string): Promise<StartedContainer>;
}

async function fixture(): Promise<Fixture> {
  const stack = new AsyncDisposableStack();
  const daemon = stack.use(await FakeDaemon.start());
  const client = stack.use(connect({ address: daemon.address, stdioDirectory: daemon.directory }));
  const start = (id: string, program = "sleep 100") =>
    client.containers.start({ id, bundle: daemon.directory, labels: [program] });
  return { daemon, client, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The directories of FIFOs that are there. */
const stdioOf = ({ directory }: FakeDaemon) =>
  readdirSync(directory).filter((name) => name.includes("stdio"));

test("the version and the machine can be asked for", async () => {
  await using use = await fixture();
  assert.deepEqual(await use.client.version(), { version: "0.2.9", revision: "fake" });
  assert.deepEqual(await use.client.machine(), { cpus: 2, memory: 2048n });
});

test("a daemon that is not there is told in one sentence", async () => {
  const client = connect({ address: "unix:///nonexistent/containerd.sock" });
  await assert.rejects(client.version(), (error: unknown) => {
    assert.ok(error instanceof Unavailable);
    assert.equal(
      error.message,
      "cannot connect to /nonexistent/containerd.sock: there is no such socket (ENOENT); is the daemon running?",
    );
    assert.equal((error.cause as NodeJS.ErrnoException).code, "ENOENT");
    return true;
  });
});

test("an address that is none is refused at once", () => {
  assert.throws(() => connect({ address: "containerd.sock" }), InvalidArgument);
  assert.throws(() => connect({ address: `unix:///${"x".repeat(108)}` }), /107 bytes/);
});

test("a socket that speaks no HTTP/2 is an error, not a hang", async () => {
  const { createServer } = await import("node:net");
  await using daemon = await FakeDaemon.start();
  const path = `${daemon.directory}/other.sock`;
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(path);
  await using client = connect({ address: path });
  await assert.rejects(client.version(), Unavailable);
  server.close();
});

test("errors are of the class of their code, with the daemon's text", async () => {
  await using use = await fixture();
  await use.start("a");
  await assert.rejects(
    use.start("a"),
    (error) => error instanceof AlreadyExists && /file exists/.test(error.message),
  );
  await assert.rejects(use.client.containers.get("nobody"), NotFound);
  use.daemon.answers.set("State", () => {
    throw new Refusal(status.UNKNOWN, "oci runtime error: ünïcode 100% \n");
  });
  await assert.rejects(use.client.containers.list(), {
    name: "Unknown",
    code: "UNKNOWN",
    message: "oci runtime error: ünïcode 100% \n",
    method: "State",
  });
});

test("errors that containerd 0.2.9 sends without a code have one here", async () => {
  await using use = await fixture();
  use.daemon.answers.set("State", () => {
    throw new Refusal(status.UNKNOWN, "containerd: container not found");
  });
  await assert.rejects(use.client.containers.get("x"), NotFound);
});

test("a signal ends a call, and so does its time", async () => {
  await using use = await fixture();
  const { promise, resolve } = Promise.withResolvers<void>();
  use.daemon.answers.set("State", () => resolve() as unknown);
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await assert.rejects(use.client.containers.list({ signal: controller.signal }), (error: unknown) => {
    assert.ok(error instanceof Cancelled);
    assert.equal((error.cause as Error).message, "enough");
    return true;
  });
  resolve();
  await promise;
});

test("a program's end is not waited for by an idle connection", async () => {
  await using daemon = await FakeDaemon.start();
  const index = fileURLToPath(new URL("index.ts", import.meta.url));
  const script = `const { connect } = await import(${JSON.stringify(index)});
    const client = connect({ address: ${JSON.stringify(daemon.address)} });
    console.log((await client.version()).revision);`;
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; out: string }>();
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const out = text(child.stdout);
  child.on("exit", async (code) => resolve({ code, out: await out }));
  assert.deepEqual(await promise, { code: 0, out: "fake\n" });
});

test("exec answers output, exit code and signal", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  const { stdout, stderr, exitCode, signal } = await container.exec(["sh", "-c", "echo out; echo err >&2"]);
  assert.deepEqual(
    { stdout, stderr, exitCode, signal },
    { stdout: "out", stderr: "err", exitCode: 0, signal: undefined },
  );
  const killed = await container.exec(["sh", "-c", "kill -KILL $$"], { reject: false });
  assert.equal(killed.exitCode, 137);
  assert.equal(killed.signal, "SIGKILL");
  assert.deepEqual(stdioOf(use.daemon), []);
});

test("exec of a program that fails rejects with what it said", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  await assert.rejects(container.exec(["sh", "-c", "echo why >&2; exit 3"]), (error: unknown) => {
    assert.ok(error instanceof ExecError);
    assert.equal(error.message, "sh -c echo why >&2; exit 3: exit code 3\nwhy");
    assert.equal(error.result.exitCode, 3);
    return true;
  });
});

test("exec passes input of any size through, and its end", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  assert.equal((await container.exec(["cat"], { input: "hello" })).stdout, "hello");
  const large = Buffer.alloc(5_000_000, "0123456789\n");
  const { stdout } = await container.exec(["cat"], { input: Readable.from([large]), encoding: "buffer" });
  assert.ok(large.equals(stdout));
  assert.equal((await container.exec(["head", "-c", "3"], { input: large })).stdout, "012");
});

test("exec does not wait for a child in the background that holds the output", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  const { stdout } = await container.exec(["sh", "-c", "sleep 100 & echo $!"]);
  assert.match(stdout, /^\d+$/);
  process.kill(Number(stdout));
});

test("exec kills a program whose time is over, and one that its caller gives up", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  await assert.rejects(
    container.exec(["sleep", "100"], { timeout: 50 }),
    (error) => error instanceof ExecError && error.timedOut && error.result.exitCode === 137,
  );
  const controller = new AbortController();
  const running = container.exec(["sh", "-c", "echo; exec sleep 100"], { signal: controller.signal });
  while (!use.daemon.calls.some(({ name }) => name === "AddProcess")) await use.client.version();
  controller.abort();
  await assert.rejects(running, (error) => error instanceof ExecError || error instanceof Cancelled);
});

test("exec has init's environment and what is added to it", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  await container.exec(["true"], {
    env: { HOME: undefined, COLOR: "red" },
    user: { uid: 1, gid: 2 },
    cwd: "/tmp",
  });
  const { request } = use.daemon.calls.findLast(({ name }) => name === "AddProcess") ?? {};
  const { env, user, cwd } = request as { env: string[]; user: { uid: number; gid: number }; cwd: string };
  assert.deepEqual(
    { env, cwd, uid: user.uid, gid: user.gid },
    { env: ["PATH=/bin", "COLOR=red"], cwd: "/tmp", uid: 1, gid: 2 },
  );
});

test("a started container's streams are Node streams", async () => {
  await using use = await fixture();
  const container = await use.client.containers.start({
    id: "a",
    bundle: use.daemon.directory,
    labels: ["cat"],
    stdin: "pipe",
    stdout: "pipe",
  });
  container.init.stdin?.write("one ");
  container.init.stdin?.end("two");
  assert.equal(await text(container.init.stdout ?? Readable.from([])), "one two");
  assert.equal((await container.init.wait()).exitCode, 0);
  assert.deepEqual(stdioOf(use.daemon), []);
});

test("a start that fails leaves no FIFO and no stream of events", async () => {
  await using use = await fixture();
  use.daemon.answers.set("CreateContainer", () => {
    throw new Refusal(status.UNKNOWN, "oci runtime error: no");
  });
  const start = use.client.containers.start({
    id: "a",
    bundle: use.daemon.directory,
    stdin: "pipe",
    stdout: "pipe",
  });
  await assert.rejects(start, /oci runtime error: no/);
  assert.deepEqual(stdioOf(use.daemon), []);
  await use.client.version();
  assert.equal(use.daemon.subscribers, 0);
});

test("wait tells the exit of a container that has ended long ago", async () => {
  await using use = await fixture();
  const container = await use.start("a", "false");
  await container.init.wait();
  assert.equal((await use.client.containers.byId("a").wait()).exitCode, 1);
  await assert.rejects(use.client.containers.byId("b").wait(), NotFound);
});

test("an exit of the same id's former life does not count", async () => {
  await using use = await fixture();
  for (const program of ["false", "true", "false"]) {
    const container = await use.start("a", program);
    assert.equal((await container.init.wait()).exitCode, program === "true" ? 0 : 1);
  }
});

test("stop asks first, and kills when that does not help", async () => {
  await using use = await fixture();
  assert.equal((await (await use.start("a")).stop()).signal, "SIGTERM");
  const stubborn = await use.client.containers.start({
    id: "b",
    bundle: use.daemon.directory,
    labels: ["env --ignore-signal=TERM sleep 100"],
  });
  while (!existsSync(`/proc/${stubborn.init.pid}/exe`)) await use.client.version();
  const { exitCode } = await stubborn.stop({ grace: 500 });
  assert.ok(exitCode === 137 || exitCode === 143);
});

test("await using leaves no container behind", async () => {
  await using use = await fixture();
  {
    await using container = await use.start("a");
    assert.equal((await use.client.containers.list()).length, 1);
    assert.equal(container.id, "a");
  }
  assert.deepEqual(await use.client.containers.list(), []);
});

test("events go on where they were, over a restart of the daemon", async () => {
  await using use = await fixture();
  const seen: ContainerEvent[] = [];
  const emit = (status: number) => use.daemon.emit({ type: "exit", id: "a", pid: "init", status });
  emit(0);
  for await (const event of use.client.events({ since: 0n })) {
    seen.push(event);
    if (event.status === 0) emit(1);
    if (event.status === 1) {
      use.daemon.stop();
      emit(2);
      emit(3);
      await use.daemon.listen();
    }
    if (event.status === 3) emit(4);
    if (event.status === 4) break;
  }
  assert.deepEqual(
    seen.map(({ status }) => status),
    [0, 1, 2, 3, 4],
  );
});

test("an exit while the daemon was away is not missed", async () => {
  await using use = await fixture();
  const container = await use.start("a");
  use.daemon.stop();
  process.kill(container.init.pid, "SIGKILL");
  await use.daemon.listen();
  assert.equal((await container.init.wait()).exitCode, 137);
});

test("stored events end", async () => {
  await using use = await fixture();
  use.daemon.emit({ type: "pause", id: "a" });
  const types: string[] = [];
  for await (const { type } of use.client.events({ since: "1970-01-01T00:00:00Z", storedOnly: true }))
    types.push(type);
  assert.deepEqual(types, ["pause"]);
});

test("an iteration of events ends without an error when its signal is aborted", async () => {
  await using use = await fixture();
  const controller = new AbortController();
  use.daemon.emit({ type: "pause", id: "a" });
  for await (const _ of use.client.events({ since: 0n, signal: controller.signal })) controller.abort();
});

test("a call that takes too long is over", async () => {
  await using use = await fixture();
  use.daemon.answers.set("State", () => {
    spawnSync("sleep", ["0.05"]);
    return {};
  });
  await assert.rejects(use.client.containers.list({ timeout: 10 }), DeadlineExceeded);
});

test("a connection that is cut without a word is made again, and events go on", async () => {
  await using daemon = await FakeDaemon.start();
  const { connect: dial, createServer } = await import("node:net");
  const sockets = new Set<import("node:net").Socket>();
  const path = `${daemon.directory}/cut.sock`;
  const proxy = createServer((near) => {
    const far = dial(daemon.socket);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
    near.pipe(far).pipe(near);
  }).listen(path);
  await using client = connect({ address: path });
  const seen: number[] = [];
  daemon.emit({ type: "pause", id: "a", status: 0 });
  for await (const { status } of client.events({ since: 0n })) {
    seen.push(status);
    if (status === 3) break;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    daemon.emit({ type: "pause", id: "a", status: status + 1 });
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
  proxy.close();
});
