import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import type { Readiness, SpawnRequest } from "../sys.ts";
import { FakeSys } from "./fake.ts";

const request: SpawnRequest = { file: "/bin/sh", args: ["sh"], env: [], stdin: 0, stdout: 1, stderr: 2 };

test("descriptors are counted, and a closed one is EBADF", () => {
  const sys = new FakeSys();
  const [reader, writer] = sys.pipe();
  assert.deepEqual(sys.fds.open(), ["pipe", "pipe"]);
  sys.write(writer, Buffer.from("ab"));
  sys.close(writer);
  assert.equal(sys.read(reader, Buffer.alloc(8)), 2);
  sys.close(reader);
  assert.deepEqual(sys.fds.open(), []);
  assert.throws(() => sys.close(reader), { code: "EBADF" });
  assert.throws(() => sys.spawn({ ...request, extra: [reader] }), { code: "EBADF" });
});

test("only files that exist are opened", () => {
  const sys = new FakeSys();
  assert.throws(() => sys.openReadWrite("/run/fifo"), { code: "ENOENT" });
  sys.mkfifo("/run/fifo", 0o600);
  assert.equal(sys.fileType(sys.openFifoReader("/run/fifo")), "fifo");
});

test("a process is a zombie until it is reaped, and its pidfd knows both", async () => {
  const sys = new FakeSys();
  const pid = sys.spawn(request);
  const pidfd = sys.pidfdOpen(pid);
  const seen: Readiness[] = [];
  using poller = sys.poller();
  poller.add(pidfd, { in: true }, (ready) => seen.push(ready));
  sys.pidfdSendSignal(pidfd, 15);
  assert.equal(sys.readProc(pid)?.state, "Z");
  assert.equal(sys.pidfdExitStatus(pidfd), undefined);
  assert.deepEqual(sys.waitNext(), { pid, status: { kind: "signaled", signal: 15 } });
  assert.deepEqual(sys.pidfdExitStatus(pidfd), { kind: "signaled", signal: 15 });
  assert.deepEqual(
    seen.map(({ hup }) => hup),
    [false, true],
  );
  await turn();
});

test("somebody else's child is not waited for here", () => {
  const sys = new FakeSys();
  const { pid } = sys.processes.start(undefined, 77);
  sys.processes.exit(pid, { kind: "exited", code: 0 });
  assert.equal(sys.waitNext(), undefined);
  sys.processes.reap(pid);
  assert.equal(sys.readProc(pid), undefined);
});

test("a terminal comes through the console socket, before or after it is asked for", async () => {
  const sys = new FakeSys();
  const listener = sys.listenConsole("/run/socket");
  const console = sys.consoles.get("/run/socket");
  console?.connect("first");
  const never = new AbortController().signal;
  const first = await listener.receive(never);
  const second = listener.receive(never);
  console?.connect("second");
  sys.resize(first, 80, 25);
  assert.deepEqual(sys.sizes, [{ fd: first, columns: 80, rows: 25 }]);
  sys.close(first);
  sys.close(await second);
  listener[Symbol.dispose]();
  assert.deepEqual(sys.fds.open(), []);
});
