import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { writeContainerRecord } from "../../src/state/container-record.ts";
import { writeExitRecord } from "../../src/state/exit-record.ts";
import { writeIdentity } from "../../src/state/identity.ts";
import type { ProcessDir } from "../../src/state/layout.ts";
import { writeProcessRecord } from "../../src/state/process-record.ts";
import { writeStarted } from "../../src/state/started-record.ts";
import { mustBeIsolated } from "../harness/isolated.ts";
import { until } from "../harness/until.ts";
import { sys, TestSupervisor } from "./harness.ts";

mustBeIsolated();

/** A runtime that says yes to everything, and knows nothing. */
const yes = { runtime: "/bin/true", runtimeArgs: [] };

interface Left {
  readonly name: string;
  readonly bootId?: string;
}

/** What a daemon that was killed leaves of a container that had been started. @returns its init's directory */
function leave(test: TestSupervisor, { name, bootId = sys.bootId() }: Left): ProcessDir {
  const id = test.id(name);
  const directory = test.state.container(id);
  const init = directory.process("init");
  mkdirSync(init.path, { recursive: true });
  const stdio = { stdin: "", stdout: "", stderr: "", noPivotRoot: false };
  writeContainerRecord(directory, {
    ...{
      id,
      instance: "0123456789abcdef",
      bundle: "/bundle",
      labels: [],
      shim: "shared",
      bootId,
      ...stdio,
      ...yes,
    },
    ...{ created: 1n, ownPidNamespace: true, cgroupsPath: "" },
  });
  const process = { user: { uid: 0, gid: 0 }, args: ["sleep"], cwd: "/", env: ["A=B"] };
  writeProcessRecord(init, { ...process, ...stdio, runtimeArgs: [], exec: false, rootUID: 0, rootGID: 0 });
  writeStarted(init, "");
  return init;
}

function startSleep(): number {
  const nothing = sys.openNull();
  const stdio = { stdin: nothing, stdout: nothing, stderr: nothing };
  const pid = sys.spawn({ file: "/bin/sleep", args: ["sleep", "1000"], env: [], ...stdio });
  sys.close(nothing);
  return pid;
}

test("five thousand ends that nobody was there to tell are told, each once, with their codes", async () => {
  await using test = await TestSupervisor.start(yes);
  await test.close();
  const count = 5000;
  for (let n = 0; n < count; n += 1) {
    const init = leave(test, { name: `e${n}` });
    writeIdentity(init, { pid: 4_000_000, startTime: 1n, bootId: sys.bootId() });
    writeExitRecord(init, { status: n % 256, at: 2n });
  }
  await test.open({ retainCount: 10_000 }).ready;
  await until("the last is told", () => test.events.length >= count);
  const codes = new Map(test.events.map(({ id, status }) => [id, status]));
  assert.equal(test.events.length, count);
  assert.equal(codes.size, count);
  for (let n = 0; n < count; n += 1) assert.equal(codes.get(test.id(`e${n}`)), n % 256);
});

test("a thousand running containers are known at once, and their ends are seen without a shim", async () => {
  await using test = await TestSupervisor.start(yes);
  await test.close();
  const count = 1000;
  const pids = Array.from({ length: count }, startSleep);
  for (const [n, pid] of pids.entries()) {
    const startTime = sys.readProc(pid)?.startTime ?? 0n;
    writeIdentity(leave(test, { name: `r${n}` }), { pid, startTime, bootId: sys.bootId() });
  }
  test.open({ retainCount: 10_000 });
  const { containers } = await test.send({ kind: "state" });
  assert.equal(containers.length, count);
  assert.deepEqual(containers.map(({ processes }) => processes[0]?.systemPid).sort(), [...pids].sort());
  for (const pid of pids) process.kill(pid, "SIGTERM");
  await until("all ends are told", () => test.events.length >= count);
  assert.ok(test.events.every(({ type, status }) => type === "exit" && status === 143));
});

test("after the machine was rebooted, what had been running has ended with 255, and is gone", async () => {
  await using test = await TestSupervisor.start(yes);
  await test.close();
  // the pid is somebody's again: ours
  const startTime = sys.readProc(process.pid)?.startTime ?? 0n;
  const before = "11111111-2222-3333-4444-555555555555";
  writeIdentity(leave(test, { name: "a", bootId: before }), { pid: process.pid, startTime, bootId: before });
  await test.open().ready;
  await test.told("a", "exit init 255");
  assert.equal(await test.view("a"), undefined);
});

test("a pid that is another's by now is neither watched nor signalled", async () => {
  await using test = await TestSupervisor.start(yes);
  await test.close();
  const pid = startSleep();
  const startTime = (sys.readProc(pid)?.startTime ?? 0n) - 1n;
  writeIdentity(leave(test, { name: "a" }), { pid, startTime, bootId: sys.bootId() });
  await test.open().ready;
  await test.told("a", "exit init 255");
  assert.equal(sys.readProc(pid)?.state, "S");
  process.kill(pid, "SIGKILL");
});
