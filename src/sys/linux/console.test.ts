import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ReadStream } from "node:tty";

import { Children } from "../children.ts";
import { linuxSys } from "../linux.ts";
import type { Fd } from "../sys.ts";
import { withRunc, writeBundle } from "../testing/bundle.ts";
import { openFds } from "../testing/open-fds.ts";
import { start } from "../testing/processes.ts";
import { until } from "../testing/until.ts";

const sys = linuxSys();
const never = new AbortController().signal;
let folder = "";
let path = "";
let before: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sys-console-"));
  path = join(folder, "socket");
  before = openFds();
});

afterEach(async () => {
  await until(() => openFds().length === before.length);
  assert.deepEqual(openFds(), before, "descriptors are left open");
  rmSync(folder, { recursive: true });
});

/** What runc does: one message with the terminal's name and its descriptor, from a program of its own. */
const SEND = `
import array, os, pty, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
for step in sys.argv[2:]:
    if step == "text": s.send(b"/dev/ptmx")
    else:
        fds = [os.open("/dev/ptmx", os.O_RDWR) for _ in range(int(step))]
        s.sendmsg([b"/dev/ptmx"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
`;
const able = existsSync("/usr/bin/python3") && process.getuid?.() === 0;
const python = { skip: able ? false : "needs root, for /dev/ptmx, and python3" };

async function send(...steps: string[]): Promise<void> {
  using children = new Children(sys);
  const args = ["/usr/bin/python3", "-c", SEND, path, ...steps];
  assert.deepEqual(await children.claim(start(sys, args)), { kind: "exited", code: 0 });
}

test("the terminal that is sent arrives, as a descriptor that is close-on-exec", python, async () => {
  using listener = sys.listenConsole(path);
  const [fd] = await Promise.all([listener.receive(never), send("1")]);
  assert.equal(sys.fileType(fd), "character");
  sys.resize(fd, 132, 43);
  sys.close(fd);
});

test(
  "who sends nothing, or text only, is passed over, and extra descriptors are closed",
  python,
  async () => {
    using listener = sys.listenConsole(path);
    const receiving = listener.receive(never);
    await send();
    await send("text");
    await send("text", "3");
    sys.close(await receiving);
  },
);

test("more descriptors than there is room for leave none behind", python, async () => {
  using listener = sys.listenConsole(path);
  const receiving = listener.receive(never);
  await send("100");
  sys.close(await receiving);
});

test("each call of receive brings the next one's terminal", python, async () => {
  using listener = sys.listenConsole(path);
  await send("1");
  await send("1");
  const fds: Fd[] = [await listener.receive(never), await listener.receive(never)];
  assert.equal(new Set(fds).size, 2);
  fds.forEach(sys.close);
});

test("waiting ends with the signal's reason, before and after somebody connected", async () => {
  using listener = sys.listenConsole(path);
  const reason = new Error("enough");
  await assert.rejects(listener.receive(AbortSignal.abort(reason)), reason);

  const abort = new AbortController();
  const waiting = listener.receive(abort.signal);
  const client: Socket = connect(path);
  await new Promise((resolve) => client.once("connect", resolve));
  await sleep(20);
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  client.destroy();
});

test("disposing ends the waiting, and removes the socket", async () => {
  const listener = sys.listenConsole(path);
  const waiting = listener.receive(never);
  listener[Symbol.dispose]();
  await assert.rejects(waiting, { code: "ECANCELED" });
  assert.equal(existsSync(path), false);
  listener[Symbol.dispose]();
});

test("a path that is taken or too long is refused, and what is there stays", () => {
  writeFileSync(path, "");
  assert.throws(() => sys.listenConsole(path), { code: "EADDRINUSE", syscall: "bind" });
  assert.equal(existsSync(path), true);
  assert.throws(() => sys.listenConsole(join(folder, "x".repeat(108))), { code: "ENAMETOOLONG" });
});

test(
  "a real runc sends its container's terminal, which has the size that it is given",
  withRunc,
  async () => {
    using listener = sys.listenConsole(path);
    using children = new Children(sys);
    const size = "busybox stty size";
    writeBundle(folder, `while [ "$(${size})" = "0 0" ]; do busybox sleep 0.01; done; ${size}`, true);
    const state = ["--root", join(folder, "state")];
    const env = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
    const id = `sys-console-${process.pid}`;
    const args = ["runc", ...state, "run", "--bundle", folder, "--console-socket", path, "--detach", id];
    const detached = children.claim(start(sys, args, { env }));
    const fd = await listener.receive(AbortSignal.timeout(10_000));
    sys.resize(fd, 101, 37);
    assert.deepEqual(await detached, { kind: "exited", code: 0 });
    assert.equal(await outputOf(fd), "37 101");
    await children.claim(start(sys, ["runc", ...state, "delete", "--force", id], { env }));
  },
);

/** The end of a terminal without a process is EIO: pty(7). */
async function outputOf(master: Fd): Promise<string> {
  const stream = new ReadStream(master);
  let output = "";
  try {
    for await (const chunk of stream) output += chunk;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "EIO");
  }
  return output.trim();
}
