import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { Children } from "./children.ts";
import type { SpawnRequest, WaitStatus } from "./sys.ts";
import { FakeSys } from "./testing/fake.ts";

const OK: WaitStatus = { kind: "exited", code: 0 };
const request: SpawnRequest = { file: "/bin/runc", args: ["runc"], env: [], stdin: 0, stdout: 1, stderr: 2 };

function setUp() {
  const sys = new FakeSys();
  const orphans: [number, WaitStatus][] = [];
  const children = new Children(sys, { onOrphan: (pid, status) => orphans.push([pid, status]) });
  return { sys, children, orphans, [Symbol.dispose]: () => children[Symbol.dispose]() };
}

test("each exit goes to the one who claimed the pid", async () => {
  using all = setUp();
  const { sys, children } = all;
  const pids = [1, 2, 3].map(() => children.spawn(request));
  const claims = pids.map((pid) => children.claim(pid));
  for (const [code, pid] of pids.entries()) sys.processes.exit(pid, { kind: "exited", code });
  assert.deepEqual(
    await Promise.all(claims),
    [0, 1, 2].map((code) => ({ kind: "exited", code })),
  );
  assert.deepEqual(all.orphans, []);
});

test("an exit that came before its pid was known is not lost", async () => {
  using all = setUp();
  using _launch = all.children.expecting();
  const { pid } = all.sys.processes.start();
  all.sys.processes.exit(pid, OK);
  await turn();
  assert.equal(all.sys.readProc(pid), undefined, "it is reaped already");
  assert.deepEqual(await all.children.claim(pid), OK);
  assert.deepEqual(all.orphans, []);
});

test("an exit that nobody expects is told as an orphan's at once, and not kept", async () => {
  using all = setUp();
  const { pid } = all.sys.processes.start();
  all.sys.processes.exit(pid, OK);
  await turn();
  assert.deepEqual(all.orphans, [[pid, OK]]);
  const stale = all.children.claim(pid, AbortSignal.timeout(5));
  await assert.rejects(stale, { name: "TimeoutError" });
});

test("what was kept and not claimed is an orphan's when the launch is over", async () => {
  using all = setUp();
  const launch = all.children.expecting();
  const { pid } = all.sys.processes.start();
  all.sys.processes.exit(pid, OK);
  await turn();
  assert.deepEqual(all.orphans, []);
  launch[Symbol.dispose]();
  assert.deepEqual(all.orphans, [[pid, OK]]);
});

test("an exit is kept for launches that began before it only, however many follow", async () => {
  using all = setUp();
  const first = all.children.expecting();
  const { pid } = all.sys.processes.start();
  all.sys.processes.exit(pid, OK);
  await turn();
  using _second = all.children.expecting();
  first[Symbol.dispose]();
  assert.deepEqual(all.orphans, [[pid, OK]]);
});

test("of a launch that never ends, no more than 4,096 exits are kept: the oldest go", async () => {
  using all = setUp();
  using _launch = all.children.expecting();
  const pids = Array.from({ length: 4100 }, () => all.sys.processes.start().pid);
  for (const pid of pids) all.sys.processes.exit(pid, OK);
  all.children.reap();
  assert.deepEqual(
    all.orphans.map(([pid]) => pid),
    pids.slice(0, 4),
  );
});

test("the exit of an earlier process with the same pid is not the new one's", async () => {
  using all = setUp();
  using _launch = all.children.expecting();
  all.sys.processes.start(undefined, all.sys.processes.self, 1000);
  all.sys.processes.exit(1000, { kind: "exited", code: 99 });
  all.children.reap();
  assert.equal(all.children.spawn(request), 1000);
  const claim = all.children.claim(1000);
  all.sys.processes.exit(1000, OK);
  assert.deepEqual(await claim, OK);
  assert.deepEqual(all.orphans, [[1000, { kind: "exited", code: 99 }]]);
});

test("a pid is claimed once at a time", async () => {
  using all = setUp();
  const pid = all.children.spawn(request);
  const claim = all.children.claim(pid);
  assert.throws(() => all.children.claim(pid), /claimed already/);
  all.sys.processes.exit(pid, OK);
  await claim;
});

test("spawnAndWait ends with the child", async () => {
  using all = setUp();
  all.sys.onSpawn = ({ pid }) => all.sys.processes.exit(pid, { kind: "exited", code: 3 });
  assert.deepEqual(await all.children.spawnAndWait(request), { kind: "exited", code: 3 });
});

test("spawnAndWait kills the child when it is told to stop, and reaps it", async () => {
  using all = setUp();
  const abort = new AbortController();
  const waiting = all.children.spawnAndWait(request, abort.signal);
  abort.abort();
  assert.deepEqual(await waiting, { kind: "signaled", signal: 9 });
  assert.equal(all.sys.processes.all.size, 0);
});

test("spawnAndWait starts nothing that is to be stopped already", async () => {
  using all = setUp();
  await assert.rejects(all.children.spawnAndWait(request, AbortSignal.abort(new Error("late"))), /late/);
  assert.equal(all.sys.processes.all.size, 0);
});

test("a child that cannot be started is an error, and no claim stays", async () => {
  using all = setUp();
  all.sys.onSpawn = () => {
    throw new Error("no such file");
  };
  await assert.rejects(all.children.spawnAndWait(request), /no such file/);
});

test("a signal that was merged with another, or went missing, is caught up with", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const sys = new FakeSys();
  sys.onChildExit = () => ({ [Symbol.dispose]: () => {} });
  using children = new Children(sys);
  const claim = children.claim(children.spawn(request));
  sys.processes.exit(1000, OK);
  t.mock.timers.tick(10_000);
  assert.deepEqual(await claim, OK);
});
