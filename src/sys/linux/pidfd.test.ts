import assert from "node:assert/strict";
import { constants } from "node:os";
import { afterEach, beforeEach, test } from "node:test";

import { linuxSys } from "../linux.ts";
import type { Fd, Readiness } from "../sys.ts";
import { openFds } from "../testing/open-fds.ts";
import { start } from "../testing/processes.ts";
import { until } from "../testing/until.ts";

const sys = linuxSys();
const asRoot = { skip: process.getuid?.() === 0 ? false : "needs root" };
let before: string[] = [];

beforeEach(() => {
  before = openFds();
});

afterEach(() => {
  assert.deepEqual(openFds(), before, "descriptors are left open");
  assert.equal(sys.waitNext(), undefined, "a child is left");
});

test("a signal goes through the pidfd, and is refused once the process is reaped", async () => {
  const pid = start(sys, ["sleep", "60"]);
  const pidfd = sys.pidfdOpen(pid);
  try {
    sys.pidfdSendSignal(pidfd, constants.signals.SIGTERM);
    const ended = await until(() => sys.waitNext());
    assert.deepEqual(ended, { pid, status: { kind: "signaled", signal: constants.signals.SIGTERM } });
    assert.throws(() => sys.pidfdSendSignal(pidfd, 0), { code: "ESRCH" });
  } finally {
    sys.close(pidfd);
  }
});

test("a pid that nobody has cannot be opened or killed", () => {
  assert.throws(() => sys.pidfdOpen(0x3fff_ffff), { code: "ESRCH", syscall: "pidfd_open" });
  assert.throws(() => sys.kill(0x3fff_ffff, 0), { code: "ESRCH", syscall: "kill" });
});

test("the exit of a process is known at each moment to who holds its pidfd", asRoot, async (t) => {
  const pid = start(sys, ["sh", "-c", "exit 42"]);
  const pidfd = sys.pidfdOpen(pid);
  try {
    await until(() => sys.readProc(pid)?.state === "Z");
    assert.equal(sys.pidfdExitStatus(pidfd), undefined, "while it is a zombie, the pidfd does not tell");
    assert.deepEqual(sys.readProc(pid)?.exitStatus, { kind: "exited", code: 42 }, "but /proc does");
    sys.waitNext();
    assert.equal(sys.readProc(pid), undefined);
    const status = sys.pidfdExitStatus(pidfd);
    if (status === undefined) t.skip("this kernel is older than 6.15");
    else assert.deepEqual(status, { kind: "exited", code: 42 });
  } finally {
    sys.close(pidfd);
  }
});

test("an exit is told to a holder whose child it is not", asRoot, async (t) => {
  // The shell in between reaps it, after having told its pid.
  const [reader, writer] = sys.pipe();
  const script = "sh -c 'sleep 0.2; kill -9 $$' & echo $!; wait $! 2>/dev/null; exit 0";
  const parent = start(sys, ["sh", "-c", script], { stdout: writer });
  sys.close(writer);
  const pidfd = sys.pidfdOpen(readNumber(reader));
  try {
    assert.deepEqual(await until(() => sys.waitNext()), { pid: parent, status: { kind: "exited", code: 0 } });
    const status = sys.pidfdExitStatus(pidfd);
    if (status === undefined) t.skip("this kernel is older than 6.15");
    else assert.deepEqual(status, { kind: "signaled", signal: 9 });
  } finally {
    sys.close(pidfd);
    sys.close(reader);
  }
});

test("a poller tells of the exit, and on an edge of the reaping too", async () => {
  const pid = start(sys, ["true"]);
  const pidfd = sys.pidfdOpen(pid);
  const seen: Readiness[] = [];
  {
    using poller = sys.poller({ ref: true });
    using _watch = poller.add(pidfd, { in: true, edge: true }, (ready) => seen.push(ready));
    await until(() => seen.length > 0);
    assert.deepEqual(seen, [{ in: true, out: false, pri: false, hup: false, error: false }]);
    sys.waitNext();
    await until(() => seen.length > 1);
    assert.equal(seen.at(-1)?.hup, true);
  }
  sys.close(pidfd);
});

test("a descriptor is taken out of another process, close-on-exec", asRoot, async () => {
  const [reader, writer] = sys.pipe();
  const pid = start(sys, ["sleep", "60"], { extra: [writer] });
  sys.close(writer);
  const pidfd = sys.pidfdOpen(pid);
  const taken = sys.pidfdGetFd(pidfd, 3);
  try {
    sys.write(taken, Buffer.from("hello"));
    const buffer = Buffer.alloc(16);
    assert.equal(buffer.toString("utf8", 0, sys.read(reader, buffer)), "hello");
    assert.throws(() => sys.pidfdGetFd(pidfd, 77), { code: "EBADF", syscall: "pidfd_getfd" });
    sys.kill(pid, constants.signals.SIGKILL);
    await until(() => sys.waitNext());
    assert.throws(() => sys.pidfdGetFd(pidfd, 3), { code: "ESRCH" });
  } finally {
    for (const fd of [pidfd, taken, reader]) sys.close(fd);
  }
});

function readNumber(fd: Fd): number {
  const buffer = Buffer.alloc(32);
  return Number(buffer.toString("latin1", 0, sys.read(fd, buffer)));
}
