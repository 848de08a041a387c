import assert from "node:assert/strict";
import { test } from "node:test";

import { Children } from "../children.ts";
import { linuxSys } from "../linux.ts";
import { finish, start } from "../testing/processes.ts";
import { until } from "../testing/until.ts";

const sys = linuxSys();

test("without children there is nothing to wait for", () => {
  assert.equal(sys.waitNext(), undefined);
});

test("a child that runs is not waited for", async () => {
  const pid = start(sys, ["sleep", "60"]);
  assert.equal(sys.waitNext(), undefined);
  sys.kill(pid, 9);
  assert.equal((await until(() => sys.waitNext())).pid, pid);
});

test("a subreaper inherits the grandchild whose parent went away, and reaps it", async () => {
  sys.setChildSubreaper();
  const orphans: [number, unknown][] = [];
  using children = new Children(sys, { onOrphan: (pid, status) => orphans.push([pid, status]) });
  const [reader, writer] = sys.pipe();
  const script = "sh -c 'sleep 0.1; exit 5' & echo $!";
  await children.claim(start(sys, ["sh", "-c", script], { stdout: writer }));
  sys.close(writer);
  const buffer = Buffer.alloc(32);
  const grandchild = Number(buffer.toString("latin1", 0, sys.read(reader, buffer)));
  sys.close(reader);
  assert.equal(sys.readProc(grandchild)?.ppid, process.pid);
  assert.deepEqual(await children.claim(grandchild), { kind: "exited", code: 5 });
  assert.equal(sys.readProc(grandchild), undefined);
  // Its sleep was reaped by its shell.
  assert.deepEqual(orphans, []);
});

test("one signal may stand for many children: all of them are reaped", async () => {
  using children = new Children(sys);
  const codes = Array.from({ length: 50 }, (_, at) => at);
  const run = (code: number) => children.claim(start(sys, ["sh", "-c", `exit ${code}`]));
  const statuses = await Promise.all(codes.map(run));
  assert.deepEqual(
    statuses,
    codes.map((code) => ({ kind: "exited", code })),
  );
});

test("the child's umask is this process's", async () => {
  const before = sys.umask(0o077);
  try {
    assert.equal(sys.umask(0o077), 0o077);
    const status = await finish(sys, ["sh", "-c", '[ "$(umask)" = 0077 ]']);
    assert.deepEqual(status, { kind: "exited", code: 0 });
  } finally {
    sys.umask(before);
  }
});
