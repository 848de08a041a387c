import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ApiClient } from "../harness/api-client.ts";
import { prepareHost } from "../harness/host.ts";
import { type TempDir, tempDir } from "../harness/temp.ts";
import { DatagramReceiver, ListeningSocket } from "../harness/unix-sockets.ts";
import { until } from "../harness/until.ts";

prepareHost();

const program = fileURLToPath(new URL("../../bin/containerd", import.meta.url));

interface Run extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly socket: string;
  readonly stateDir: string;
  readonly client: ApiClient;
  log(): string;
  /** Sends the signal and waits. @returns exit code, or the signal that ended it */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** A daemon without containers, on its own directory. */
async function run(
  directory: TempDir,
  flags: readonly string[] = [],
  options: { env?: Record<string, string>; fds?: readonly number[]; listen?: string } = {},
): Promise<Run> {
  const socket = join(directory.path, "api.sock");
  const stateDir = join(directory.path, "state");
  const listen = ["--listen", options.listen ?? `unix://${socket}`];
  const child = spawn(program, ["--state-dir", stateDir, ...listen, ...flags], {
    stdio: ["ignore", "ignore", "pipe", ...(options.fds ?? [])],
    env: { ...process.env, ...options.env },
  });
  const exited = once(child, "exit");
  let text = "";
  child.stderr?.on("data", (data) => {
    text += String(data);
  });
  const client = new ApiClient(socket);
  const end = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code, name] = (await exited) as [number | null, string | null];
    return code ?? name ?? "";
  };
  await until("the daemon serves", async () => {
    if (child.exitCode !== null) throw new Error(`the daemon ended:\n${text}`);
    return await client.healthy();
  });
  return {
    ...{ process: child, socket, stateDir, client, end },
    log: () => text,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await end("SIGKILL");
    },
  };
}

describe("the daemon", () => {
  it("refuses a command line that cannot be with one line and status 2, and makes nothing", async () => {
    await using directory = await tempDir();
    const stateDir = join(directory.path, "state");
    for (const flags of [
      ["--listen", "nonsense"],
      ["--nonsense"],
      ["--listen", "tcp://0.0.0.0:1"],
      ["--start-timeout", "x"],
    ]) {
      const { status, stderr } = spawnSync(program, ["--state-dir", stateDir, ...flags]);
      assert.equal(status, 2, String(stderr));
      assert.match(String(stderr), /^containerd: (?!error)[^\n]+\n$/);
    }
    const { status, stderr } = spawnSync(program, ["--state-dir", stateDir, "--shim", "no-such-shim"]);
    assert.equal(status, 1);
    assert.match(String(stderr), /^containerd: cannot use --shim no-such-shim: it is not in PATH\n$/);
    assert.equal(existsSync(stateDir), false);
  });

  it("says who has the state directory or the socket, and leaves him alone", async () => {
    await using directory = await tempDir();
    await using first = await run(directory);
    const other = join(directory.path, "other");
    const sameState = spawnSync(program, ["--state-dir", first.stateDir, "-l", `${other}.sock`]);
    assert.equal(sameState.status, 1);
    assert.match(
      String(sameState.stderr),
      new RegExp(`^containerd: .*process ${first.process.pid} is using it\n$`),
    );
    const sameSocket = spawnSync(program, ["--state-dir", other, "-l", first.socket]);
    assert.equal(sameSocket.status, 1);
    assert.match(
      String(sameSocket.stderr),
      /^containerd: cannot listen on .*another process listens there\n$/,
    );
    assert.deepEqual([existsSync(`${other}.sock`), existsSync(other)], [false, false]);
    assert.equal(await first.client.healthy(), true);
  });

  it("replaces the socket of one that was killed, and removes its own when it stops", async () => {
    await using directory = await tempDir();
    {
      await using killed = await run(directory);
      await killed.end("SIGKILL");
      assert.equal(existsSync(killed.socket), true);
    }
    await using next = await run(directory, ["--group", "4242"]);
    const { mode, gid } = statSync(next.socket);
    assert.deepEqual([mode & 0o777, gid], [0o660, 4242]);
    assert.equal(await next.end("SIGTERM"), 0);
    assert.equal(existsSync(next.socket), false);
  });

  it("stops for SIGINT as for SIGTERM, streams under way or not", async () => {
    await using directory = await tempDir();
    await using daemon = await run(directory);
    const stream = daemon.client.events({});
    await once(stream, "metadata");
    const ended = once(stream.resume(), "error");
    assert.equal(await daemon.end("SIGINT"), 0);
    const [error] = await ended;
    assert.equal(error.code, 14, error.message);
  });

  it("dumps itself to the log for SIGUSR1, and opens no debugger's port", async () => {
    await using directory = await tempDir();
    await using daemon = await run(directory);
    const before = listening(daemon.process.pid ?? 0);
    daemon.process.kill("SIGUSR1");
    const line = await until("the dump is written", () =>
      daemon
        .log()
        .split("\n")
        .find((one) => one.includes('"dump"')),
    );
    const dump = JSON.parse(line);
    for (const part of ["supervisor", "api", "process"]) assert.ok(part in dump, `${part} is in the dump`);
    assert.deepEqual(listening(daemon.process.pid ?? 0), before);
    assert.equal(await daemon.client.healthy(), true);
  });

  it("goes on when nobody reads its log any more", async () => {
    await using directory = await tempDir();
    await using daemon = await run(directory, ["--debug"]);
    daemon.process.stderr?.destroy();
    for (let n = 0; n < 20; n += 1) {
      await assert.rejects(daemon.client.call("state", { id: "nobody" }));
      daemon.process.kill("SIGUSR1");
    }
    assert.equal(await daemon.client.healthy(), true);
    assert.equal(await daemon.end("SIGTERM"), 0);
  });

  it("serves a socket that systemd opened, tells it when, and keeps both from the runtimes", async () => {
    await using directory = await tempDir();
    const socket = join(directory.path, "api.sock");
    using listening = new ListeningSocket(socket);
    const notify = join(directory.path, "notify");
    using receiver = new DatagramReceiver(notify);
    await using daemon = await run(directory, [], {
      ...{ fds: [listening.fd], listen: "fd://" },
      env: { LISTEN_FDS: "1", NOTIFY_SOCKET: notify },
    });
    assert.equal(await receiver.next(), "READY=1");
    assert.equal(await daemon.end("SIGTERM"), 0);
    assert.equal(await receiver.next(), "STOPPING=1");
    assert.equal(existsSync(socket), true, "the socket is systemd's");
  });

  it("writes its metrics when it was asked to, and none with 0", async () => {
    await using directory = await tempDir();
    await using daemon = await run(directory, ["--metrics-interval", "50ms"]);
    const line = await until("metrics are written", () =>
      daemon
        .log()
        .split("\n")
        .find((one) => one.includes('"metrics"')),
    );
    const metrics = JSON.parse(line);
    for (const name of [
      "container-start-time",
      "exec-process-time",
      "containers",
      "event-subscribers",
      "tasks",
    ]) {
      assert.ok(name in metrics, `${name} is in ${line}`);
    }
    await daemon.end();
    await using quiet = await run(directory, ["--metrics-interval", "0"]);
    assert.doesNotMatch(quiet.log(), /"metrics"/);
  });

  it("warns at its start of a runtime that is not there", async () => {
    await using directory = await tempDir();
    await using daemon = await run(directory, ["--runtime", "no-such-runtime"]);
    assert.match(daemon.log(), /"level":"warn".*no-such-runtime/);
  });
});

/** The inodes of the TCP sockets on which a process listens. */
function listening(pid: number): string[] {
  const tables = ["tcp", "tcp6"].map((name) => readFileSync(`/proc/${pid}/net/${name}`, "utf8"));
  const inodes = tables.flatMap((table) =>
    table
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === "0A")
      .map((columns) => columns[9] ?? ""),
  );
  const own = new Set<string>();
  for (let fd = 0; fd < 256; fd += 1) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? "");
    } catch {
      // not open
    }
  }
  return inodes.filter((inode) => own.has(inode)).sort();
}
