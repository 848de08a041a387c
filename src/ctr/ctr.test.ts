import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FakeDaemon } from "../client/testing/fake-daemon.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Begun {
  readonly child: ChildProcess;
  readonly ran: Promise<Ran>;
  /** Waits until the output so far matches. */
  seen(pattern: RegExp): Promise<string>;
}

function begin(daemon: FakeDaemon | undefined, args: readonly string[]): Begun {
  const address = daemon?.address ?? "unix:///nonexistent/containerd.sock";
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, CONTAINERD_ADDRESS: address, NODE_OPTIONS: "" },
  });
  let out = "";
  const changed = new EventEmitter();
  child.stdout.on("data", (piece) => {
    out += String(piece);
    changed.emit("change");
  });
  const err = text(child.stderr);
  const ran = once(child, "close").then(async ([code]) => ({ code, out, err: await err }));
  const seen = async (pattern: RegExp) => {
    while (!pattern.test(out)) await once(changed, "change");
    return out;
  };
  return { child, ran, seen };
}

/** Runs ctr to its end with this as its input. */
async function ctr(daemon: FakeDaemon | undefined, args: readonly string[], input = ""): Promise<Ran> {
  const { child, ran } = begin(daemon, args);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  return await ran;
}

const requestOf = (daemon: FakeDaemon, name: string) =>
  daemon.calls.findLast((call) => call.name === name)?.request as Record<string, unknown>;

test("version tells the daemon's", async () => {
  await using daemon = await FakeDaemon.start();
  assert.deepEqual(await ctr(daemon, ["version"]), {
    code: 0,
    out: "daemon version 0.2.9 commit: fake\n",
    err: "",
  });
  assert.equal((await ctr(daemon, ["version", "--json"])).out, '{"version":"0.2.9","revision":"fake"}\n');
});

test("a daemon that is not there: one sentence and exit code 1", async () => {
  assert.deepEqual(await ctr(undefined, ["version"]), {
    code: 1,
    out: "",
    err: "ctr: cannot connect to /nonexistent/containerd.sock: there is no such socket (ENOENT); is the daemon running?\n",
  });
});

test("a mistake in the line: exit code 2", async () => {
  for (const args of [
    ["frob"],
    ["containers", "start"],
    ["containers", "exec", "--id", "a"],
    ["--conn-timeout", "3", "version"],
  ]) {
    const { code, err } = await ctr(undefined, args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /^ctr: /);
  }
});

test("start, list, state, kill and the events of it", async () => {
  await using daemon = await FakeDaemon.start();
  await ctr(daemon, ["containers", "start", "--label", "sleep 100", "-l", "second", "a", daemon.directory]);
  assert.deepEqual(requestOf(daemon, "CreateContainer")["labels"], ["sleep 100", "second"]);
  assert.equal(requestOf(daemon, "CreateContainer")["stdout"], "");
  const { out } = await ctr(daemon, ["containers"]);
  assert.equal(
    out,
    "ID                  PATH                STATUS              PROCESSES\n" +
      "a                   /bundle             running             init\n",
  );
  const state = JSON.parse((await ctr(daemon, ["state"])).out);
  assert.equal(state.containers[0].bundlePath, "/bundle");
  assert.equal(state.machine.memory, 2048);
  assert.equal((await ctr(daemon, ["containers", "kill", "-s", "KILL", "a"])).code, 0);
  assert.equal(requestOf(daemon, "Signal")["signal"], 9);
  const watch = begin(daemon, ["events", "-t", "1970-01-01T00:00:00Z"]);
  const seen = await watch.seen(/ exit .* init .* 137\n/);
  watch.child.kill();
  assert.match(seen, /^TIME {27}TYPE {27}ID {29}PID {28}STATUS\n\d{4}-.*Z +start-container +a +0\n/);
});

test("flags are read as Go reads them", async () => {
  await using daemon = await FakeDaemon.start();
  const address = daemon.address;
  const { code } = await ctr(undefined, [
    "-address",
    address,
    "-debug=true",
    "containers",
    "kill",
    "-signal=HUP",
    "-pid",
    "x",
    "a",
  ]);
  assert.equal(code, 1);
  assert.deepEqual(
    { ...requestOf(daemon, "Signal") },
    { $typeName: "types.SignalRequest", id: "a", pid: "x", signal: 1 },
  );
});

test("an attached start passes input, output and exit code, without a terminal", async () => {
  await using daemon = await FakeDaemon.start();
  const args = ["containers", "start", "-a", "-l", "cat -", "a", daemon.directory];
  assert.deepEqual(await ctr(daemon, args, "hello\n"), { code: 0, out: "hello\n", err: "" });
});

test("an attached exec ends with the process's exit code, with all that it wrote", async () => {
  await using daemon = await FakeDaemon.start();
  await ctr(daemon, ["containers", "start", "a", daemon.directory]);
  const script = "cat; echo err >&2; head -c 300000 /dev/zero; exit 42";
  const args = ["containers", "exec", "--id", "a", "--pid", "p1", "-a", "-e", "X=1", "sh", "-c", script];
  const { code, out, err } = await ctr(daemon, args, "in");
  assert.deepEqual({ code, length: out.length, err }, { code: 42, length: 300_002, err: "err\n" });
  assert.equal(requestOf(daemon, "AddProcess")["pid"], "p1");
});

test("an attached process that never reads its input ends all the same", async () => {
  await using daemon = await FakeDaemon.start();
  await ctr(daemon, ["containers", "start", "a", daemon.directory]);
  const { child, ran } = begin(daemon, ["containers", "exec", "--id", "a", "-a", "echo", "done"]);
  assert.equal((await ran).out, "done\n");
  child.stdin?.destroy();
});

test("signals go to the attached process, and the third Ctrl-C leaves it", async () => {
  await using daemon = await FakeDaemon.start();
  await ctr(daemon, ["containers", "start", "a", daemon.directory]);
  const trap = [
    "sh",
    "-c",
    "trap 'echo int' INT; trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.01; done",
  ];
  const { child, ran, seen } = begin(daemon, ["containers", "exec", "--id", "a", "-a", ...trap]);
  await seen(/ready/);
  child.kill("SIGTERM");
  assert.equal((await ran).code, 5);

  const again = begin(daemon, [
    "containers",
    "exec",
    "--id",
    "a",
    "--pid",
    "deaf",
    "-a",
    "sh",
    "-c",
    "trap '' INT; echo ready; exec sleep 100",
  ]);
  await again.seen(/ready/);
  for (let count = 1; count <= 3; count += 1) {
    again.child.kill("SIGINT");
    if (count < 3)
      while (
        daemon.calls.filter(
          ({ name, request }) => name === "Signal" && (request as { pid: string }).pid === "deaf",
        ).length < count
      )
        await ctr(daemon, ["version"]);
  }
  const left = await again.ran;
  assert.deepEqual({ code: left.code, err: left.err }, { code: 130, err: "ctr: left deaf of a running\n" });
});

test("a reader that goes away is no error to speak of", async () => {
  await using daemon = await FakeDaemon.start();
  const { child, ran } = begin(daemon, ["events", "-t", "1970-01-01T00:00:00Z", "--json"]);
  child.stdout?.destroy();
  const emit = setInterval(() => daemon.emit({ type: "pause", id: "a" }), 20);
  const { code, err } = await ran;
  clearInterval(emit);
  assert.deepEqual({ code, err }, { code: 141, err: "" });
});

test("update sends what is named and nothing else", async () => {
  await using daemon = await FakeDaemon.start();
  const flags = ["--memory-limit", "64M", "--cpu-shares", "0x200", "--cpuset-cpus", "0-1", "--pids-limit=10"];
  assert.equal((await ctr(daemon, ["containers", "update", ...flags, "a"])).code, 0);
  const { resources } = requestOf(daemon, "UpdateContainer") as { resources: Record<string, unknown> };
  const set = Object.entries(resources).filter(
    ([, value]) => value !== 0n && value !== "" && !Array.isArray(value),
  );
  assert.deepEqual(Object.fromEntries(set), {
    $typeName: "types.UpdateResource",
    memoryLimit: 67_108_864n,
    cpuShares: 512n,
    cpusetCpus: "0-1",
    pidsLimit: 10n,
  });
  assert.equal((await ctr(daemon, ["containers", "update", "--memory-limit", "much", "a"])).code, 1);
});

test("checkpoints are made, listed and deleted", async () => {
  await using daemon = await FakeDaemon.start();
  await ctr(daemon, [
    "checkpoints",
    "create",
    "--tcp",
    "--exit",
    "--empty-ns",
    "network",
    "--checkpoint-dir",
    "/cp",
    "a",
    "one",
  ]);
  const { checkpoint, checkpointDir } = requestOf(daemon, "CreateCheckpoint") as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal(checkpointDir, "/cp");
  assert.deepEqual(
    [
      checkpoint?.["name"],
      checkpoint?.["tcp"],
      checkpoint?.["exit"],
      checkpoint?.["shell"],
      checkpoint?.["emptyNS"],
    ],
    ["one", true, true, false, ["network"]],
  );
  daemon.answers.set("ListCheckpoint", () => ({ checkpoints: [{ name: "one", tcp: true }] }));
  assert.match(
    (await ctr(daemon, ["checkpoints", "a"])).out,
    /^NAME .*\none {17}true {16}false {15}false\n$/,
  );
  assert.equal((await ctr(daemon, ["checkpoint", "delete", "a", "one"])).code, 0);
});
