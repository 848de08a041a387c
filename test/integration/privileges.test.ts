import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { makeFifo, readFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const secret = "PASSWORD=correct-horse-battery";
/** "nobody" of Debian, and a group that has nobody in it. */
const nobody = 65_534;
const group = 54_321;

interface Outcome {
  readonly status: number | null;
  readonly text: string;
}

/** Runs a line of shell as an unprivileged user, who may be in one more group. */
function asNobody(script: string, argument: string, groups: readonly number[] = []): Outcome {
  const ids = [`--reuid=${nobody}`, `--regid=${nobody}`, "--inh-caps=-all", "--bounding-set=-all"];
  const more = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join()}`;
  const { status, stdout, stderr } = spawnSync(
    "setpriv",
    [...ids, more, "sh", "-c", script, "sh", argument],
    {
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin" },
    },
  );
  return { status, text: `${stdout}${stderr}` };
}

/** By perl, which every Debian has: Node may lie where only root comes. */
const connects = (path: string, groups: readonly number[] = []): Outcome =>
  asNobody(
    `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ARGV[0])) or die "$!\\n"' "$1"`,
    path,
    groups,
  );

/** A daemon that a user may come to: mkdtemp's directory would hide everything that is to be shown. */
async function reachable(flags: readonly string[] = []): Promise<TestDaemon> {
  const daemon = await TestDaemon.start({ flags, env: { OPERATORS_TOKEN: secret } });
  chmodSync(daemon.directory, 0o755);
  return daemon;
}

async function withSecrets(daemon: TestDaemon): Promise<{ readonly id: string; readonly pid: number }> {
  const env = ["PATH=/bin", secret];
  const { id, pid } = await daemon.run("secret", { args: ["sleep", "1000"], env });
  await daemon.client.call("addProcess", {
    ...{ id, pid: "exec", args: ["sleep", "1000"], cwd: "/", env, user: {} },
  });
  return { id, pid };
}

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name));

/** Of a directory: searchable, since a container's root in a user namespace comes through to its FIFOs. A pid is no secret. */
const mostOf = (path: string): number =>
  lstatSync(path).isDirectory() ? 0o711 : path.endsWith("/pid") ? 0o644 : 0o600;

describe("a user without privileges", () => {
  it("can neither connect to the API nor to a shim", async () => {
    await using daemon = await reachable();
    await withSecrets(daemon);
    const sockets = [
      daemon.socket,
      ...filesBelow(daemon.stateDir).filter((path) => lstatSync(path).isSocket()),
    ];
    assert.equal(sockets.length, 2);
    for (const socket of sockets) {
      const { status, text } = connects(socket);
      assert.notEqual(status, 0, socket);
      assert.match(text, /Permission denied/, socket);
    }
  });

  it("can connect to the API, and to no shim, when in the group of --group", async () => {
    await using daemon = await reachable(["--group", String(group)]);
    await withSecrets(daemon);
    assert.equal(statSync(daemon.socket).mode & 0o7777, 0o660);
    assert.equal(statSync(daemon.socket).gid, group);
    assert.equal(connects(daemon.socket, [group]).status, 0);
    assert.notEqual(connects(daemon.socket).status, 0);
    for (const path of filesBelow(daemon.stateDir)) {
      assert.notEqual(lstatSync(path).gid, group, path);
      if (lstatSync(path).isSocket()) assert.notEqual(connects(path, [group]).status, 0, path);
    }
  });

  it("can read no file of the state directory, and list none of its directories", async () => {
    await using daemon = await reachable();
    const { id } = await withSecrets(daemon);
    const paths = [daemon.stateDir, ...filesBelow(daemon.stateDir)];
    for (const name of ["events.log", `containers/${id}/state.json`, `containers/${id}/exec/process.json`])
      assert.ok(paths.includes(join(daemon.stateDir, name)), `${name} is there`);
    for (const path of paths) {
      const stats = lstatSync(path);
      const mode = stats.mode & 0o7777;
      const most = mostOf(path);
      assert.equal(mode & ~most, 0, `${path} has mode ${mode.toString(8)}`);
      assert.equal(stats.uid, 0, path);
      if (path.endsWith("/pid")) continue;
      const { status } = asNobody(stats.isDirectory() ? 'ls "$1"' : 'cat "$1"', path);
      assert.notEqual(status, 0, path);
    }
  });

  it("keeps the files from others whatever umask the daemon was started with", async () => {
    const before = process.umask(0);
    try {
      await using daemon = await reachable();
      await withSecrets(daemon);
      assert.equal(statSync(daemon.socket).mode & 0o7777, 0o600);
      for (const path of filesBelow(daemon.stateDir))
        assert.equal(lstatSync(path).mode & 0o7777 & ~mostOf(path), 0, path);
    } finally {
      process.umask(before);
    }
  });
});

describe("secrets", () => {
  it("of containers and of the operator are in no log, not even with --debug", async () => {
    await using daemon = await reachable();
    const { id } = await withSecrets(daemon);
    const env = [secret, `BAD\0${secret}`];
    const exec = { id, cwd: "/", env, user: {} };
    await assert.rejects(daemon.client.call("addProcess", { ...exec, pid: "nul", args: ["true"] }));
    await assert.rejects(
      daemon.client.call("addProcess", { ...exec, env: [secret], pid: "missing", args: ["no-such-program"] }),
    );
    const broken = daemon.bundle("broken", { args: ["no-such-program"], env: [secret] });
    await assert.rejects(
      daemon.client.call("createContainer", { id: daemon.id("broken"), bundlePath: broken }),
    );
    const wrong = daemon.bundle("wrong", {
      args: ["true"],
      config: { process: { env: { [secret]: secret } } },
    });
    await assert.rejects(
      daemon.client.call("createContainer", { id: daemon.id("wrong"), bundlePath: wrong }),
      (error: Error) => !error.message.includes("battery"),
    );
    process.kill(daemon.pid, "SIGUSR1");
    await until("the dump is in the log", () => daemon.log().includes('"supervisor"'));
    await daemon.restart();
    const logs = [
      daemon.logFile,
      ...filesBelow(daemon.stateDir).filter((path) => /\/log$|log\.json$/.test(path)),
    ];
    assert.ok(
      logs.some((path) => path.endsWith("/log")),
      "a shim's log is among them",
    );
    for (const path of [...logs, join(daemon.stateDir, "events.log")])
      assert.ok(!readFileSync(path, "utf8").includes("battery"), path);
  });

  it("of the daemon's environment reach neither the shim nor a runtime, hook or container", async () => {
    await using daemon = await reachable();
    const { pid } = await daemon.run("plain", ["sleep", "1000"]);
    for (const each of [...daemon.shims(), pid])
      assert.ok(!readFileSync(`/proc/${each}/environ`, "utf8").includes("battery"), String(each));
  });
});

describe("descriptors", () => {
  it("of a container's processes are their stdio, and none of daemon's or shim's", async () => {
    await using daemon = await reachable();
    const stdout = makeFifo(daemon.directory, "out");
    const reader = readFifo(stdout);
    // its own shell's view: what runc or crun closes on exec is not open here
    const list = ["sh", "-c", "ls -l /proc/self/fd; echo; exec sleep 1000"];
    for (const runtime of ["runc", "crun"]) {
      const bundlePath = daemon.bundle(`list-${runtime}`, list);
      const id = daemon.id(runtime);
      const runtimeArgs = [`--root=${daemon.runtimeRoot}`];
      const { container } = await daemon.client.call("createContainer", {
        ...{ id, bundlePath, runtime, runtimeArgs, stdout },
      });
      const pid = container?.processes[0]?.systemPid ?? 0;
      await until("its sleep runs", () => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep"));
      assert.deepEqual(readdirSync(`/proc/${pid}/fd`).sort(), ["0", "1", "2"], runtime);
      const { systemPid } = await daemon.client.call("addProcess", {
        ...{ id, pid: "exec", args: ["sleep", "1000"], cwd: "/", env: ["PATH=/bin"], user: {} },
      });
      await until("its exec runs", () =>
        readFileSync(`/proc/${systemPid}/cmdline`, "utf8").startsWith("sleep"),
      );
      assert.deepEqual(readdirSync(`/proc/${systemPid}/fd`).sort(), ["0", "1", "2"], runtime);
    }
    reader.kill();
  });

  it("of the daemon are not the shim's: no socket of the API, no lock, no event log", async () => {
    await using daemon = await reachable();
    await daemon.run("any", ["sleep", "1000"]);
    const inode = readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .find((line) => line.endsWith(daemon.socket))
      ?.split(/\s+/)[6];
    assert.ok(inode !== undefined && existsSync(daemon.socket));
    for (const pid of daemon.shims()) {
      const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      assert.ok(!targets.includes(`socket:[${inode}]`));
      for (const target of targets) assert.doesNotMatch(target, /events\.log|\/lock$|daemon\.log/);
    }
  });
});
