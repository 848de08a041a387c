import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { linuxSys } from "../linux.ts";
import type { Fd } from "../sys.ts";
import { openFds } from "../testing/open-fds.ts";
import { finish } from "../testing/processes.ts";

const sys = linuxSys();
const asRoot = { skip: process.getuid?.() === 0 ? false : "needs root" };
let folder = "";
let fifo = "";
let before: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sys-files-"));
  fifo = join(folder, "fifo");
  sys.mkfifo(fifo, 0o600);
  before = openFds();
});

afterEach(() => {
  assert.deepEqual(openFds(), before, "descriptors are left open");
  rmSync(folder, { recursive: true });
});

function closing(...fds: Fd[]): Disposable {
  return { [Symbol.dispose]: () => fds.forEach(sys.close) };
}

/** The open file's flags and the descriptor's, as fdinfo has them. */
function flags(fd: Fd): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
  return Number.parseInt(/flags:\s+([0-7]+)/.exec(text)?.[1] ?? "", 8);
}

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

test("a FIFO opens for reading without a writer, then for writing, and both block and are close-on-exec", () => {
  const reader = sys.openFifoReader(fifo);
  const writer = sys.openFifoWriter(fifo);
  using _ = closing(reader, writer);
  for (const fd of [reader, writer]) assert.equal(flags(fd) & (O_NONBLOCK | O_CLOEXEC), O_CLOEXEC);
  assert.equal(sys.write(writer, Buffer.from("abc")), 3);
  const buffer = Buffer.alloc(8);
  assert.equal(sys.read(reader, buffer), 3);
  assert.equal(buffer.toString("latin1", 0, 3), "abc");
});

test("a FIFO without a reader does not open for writing, and does not block", () => {
  assert.throws(() => sys.openFifoWriter(fifo), { code: "ENXIO", syscall: "open" });
});

test("a FIFO that is open for both is its own reader, and brings no end of file to others", () => {
  const both = sys.openReadWrite(fifo);
  const writer = sys.openFifoWriter(fifo);
  sys.write(writer, Buffer.from("a"));
  sys.close(writer);
  using _ = closing(both);
  assert.equal(flags(both) & O_NONBLOCK, 0);
  assert.equal(sys.read(both, Buffer.alloc(8)), 1);
});

test("what cannot be opened says why", () => {
  mkdirSync(join(folder, "directory"));
  const open = (path: string) => () => sys.openReadWrite(join(folder, path));
  assert.throws(open("missing"), { code: "ENOENT", message: /missing/ });
  assert.throws(open("directory"), { code: "EISDIR" });
  assert.throws(open("fifo/below"), { code: "ENOTDIR" });
  assert.throws(open("fifo\0hidden"), { code: "EINVAL" });
  assert.throws(open("x".repeat(300)), { code: "ENAMETOOLONG" });
});

test("a FIFO is made once, with the mode less the umask", () => {
  const mask = sys.umask(0o027);
  try {
    sys.mkfifo(join(folder, "other"), 0o666);
  } finally {
    sys.umask(mask);
  }
  assert.equal(statSync(join(folder, "other")).mode & 0o777, 0o640);
  assert.throws(() => sys.mkfifo(fifo, 0o600), { code: "EEXIST", syscall: "mkfifo" });
});

test("a descriptor is known by its type", async () => {
  writeFileSync(join(folder, "file"), "");
  const [reader, writer] = sys.pipe();
  const [file, nothing, memory] = [
    sys.openReadWrite(join(folder, "file")),
    sys.openNull(),
    sys.memfd("test"),
  ];
  const directory = sys.openFifoReader(folder);
  const counter = sys.eventfd();
  using _ = closing(reader, writer, file, nothing, memory, directory, counter);
  assert.deepEqual([reader, file, memory, nothing, directory, counter].map(sys.fileType), [
    "fifo",
    "file",
    "file",
    "character",
    "directory",
    "other",
  ]);
  const server = createServer().listen(join(folder, "socket"));
  const socket = openFds().find((line) => line.includes("socket:") && !before.includes(line));
  assert.equal(sys.fileType(Number.parseInt(socket ?? "", 10)), "socket");
  server.close();
  await new Promise((resolve) => server.once("close", resolve));
});

test("a descriptor that is closed says EBADF whatever is asked of it", () => {
  const fd = sys.openNull();
  sys.close(fd);
  const buffer = Buffer.alloc(8);
  const calls = [
    () => sys.close(fd),
    () => sys.read(fd, buffer),
    () => sys.write(fd, buffer),
    () => sys.fchown(fd, 0, 0),
    () => sys.fileType(fd),
    () => sys.resize(fd, 80, 25),
  ];
  for (const call of calls) assert.throws(call, { code: "EBADF", errno: 9 });
});

test("a writer learns that its reader is gone, by EPIPE and without a signal", () => {
  const [reader, writer] = sys.pipe();
  sys.close(reader);
  using _ = closing(writer);
  assert.throws(() => sys.write(writer, Buffer.from("a")), { code: "EPIPE" });
});

test("an eventfd counts, and does not block at zero", () => {
  const fd = sys.eventfd();
  using _ = closing(fd);
  const eight = Buffer.alloc(8);
  assert.throws(() => sys.read(fd, eight), { code: "EAGAIN" });
  eight.writeBigUInt64LE(3n);
  sys.write(fd, eight);
  sys.write(fd, eight);
  sys.read(fd, eight);
  assert.equal(eight.readBigUInt64LE(), 6n);
});

test("a file of memory can be another process's input, from its beginning", async () => {
  const fd = sys.memfd("test");
  using _ = closing(fd);
  sys.write(fd, Buffer.from("exit 3\n"));
  const status = await finish(sys, ["sh", "-c", ". /proc/self/fd/0"], { stdin: fd });
  assert.deepEqual(status, { kind: "exited", code: 3 });
});

test("an open file changes its owner", asRoot, () => {
  const fd = sys.openReadWrite(fifo);
  using _ = closing(fd);
  sys.fchown(fd, 1234, 5678);
  const { uid, gid } = statSync(fifo);
  assert.deepEqual([uid, gid], [1234, 5678]);
});

test("the limit of open files is raised to the hard one", () => {
  const limit = sys.raiseOpenFiles();
  assert.equal(limit.soft, limit.hard);
  assert.match(
    readFileSync("/proc/self/limits", "latin1"),
    new RegExp(`open files +${limit.soft} +${limit.hard} `),
  );
});

test("a FIFO that was told not to block says so when it is empty, and when it is full", () => {
  const fd = sys.openReadWrite(fifo);
  using _closing = closing(fd);
  sys.setNonBlocking(fd);
  assert.throws(() => sys.read(fd, Buffer.alloc(1)), { code: "EAGAIN" });
  const page = Buffer.alloc(4096);
  assert.throws(
    () => {
      for (;;) sys.write(fd, page);
    },
    { code: "EAGAIN" },
  );
});
