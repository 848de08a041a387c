import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { linuxSys } from "../linux.ts";
import type { Fd } from "../sys.ts";
import { openFds } from "../testing/open-fds.ts";
import { finish } from "../testing/processes.ts";
import { until } from "../testing/until.ts";

const sys = linuxSys();
const one = Buffer.alloc(8);
one.writeBigUInt64LE(1n);
let before: string[] = [];

beforeEach(() => {
  before = openFds();
});

afterEach(() => {
  assert.deepEqual(openFds(), before, "descriptors are left open");
});

const ring = (fd: Fd): number => sys.write(fd, one);
const drain = (fd: Fd): number => sys.read(fd, Buffer.alloc(8));

test("five thousand descriptors: each that rings is told, by itself, and none that does not", async () => {
  using poller = sys.poller({ ref: true });
  const heard: number[] = [];
  const fds = Array.from({ length: 5000 }, () => sys.eventfd());
  for (const [at, fd] of fds.entries()) {
    poller.add(fd, { in: true }, () => {
      drain(fd);
      heard.push(at);
    });
  }
  const ringing = fds.map((_, at) => at).filter((at) => at % 3 !== 0);
  for (const at of ringing) ring(fds[at] ?? -1);
  await until(() => heard.length >= ringing.length);
  await sleep(5);
  assert.deepEqual(
    heard.sort((a, b) => a - b),
    ringing,
  );
  for (const fd of fds) sys.close(fd);
});

test("a level is told until it is gone, an edge once", async () => {
  using poller = sys.poller({ ref: true });
  const [level, edge] = [sys.eventfd(), sys.eventfd()];
  let levels = 0;
  let edges = 0;
  poller.add(edge, { in: true, edge: true }, () => edges++);
  poller.add(level, { in: true }, () => {
    if (++levels === 3) drain(level);
  });
  ring(edge);
  ring(level);
  await until(() => levels === 3 && edges > 0);
  await sleep(20);
  assert.deepEqual([levels, edges], [3, 1]);
  ring(edge);
  await until(() => edges === 2);
  sys.close(level);
  sys.close(edge);
});

test("what was disposed is not told any more, even from within the batch that holds it", async () => {
  using poller = sys.poller({ ref: true });
  const fds = [sys.eventfd(), sys.eventfd()];
  const told: number[] = [];
  const watches = fds.map((fd, at) =>
    poller.add(fd, { in: true }, () => {
      told.push(at);
      for (const watch of watches) watch[Symbol.dispose]();
    }),
  );
  for (const fd of fds) ring(fd);
  await until(() => told.length > 0);
  await sleep(20);
  assert.equal(told.length, 1);
  for (const fd of fds) sys.close(fd);
});

test("a number that was closed and given out again is not confused with the one before", async () => {
  using poller = sys.poller({ ref: true });
  const first = sys.eventfd();
  const watch = poller.add(first, { in: true }, () => assert.fail("the first one is closed"));
  sys.close(first);
  const second = sys.eventfd();
  assert.equal(second, first);
  let heard = 0;
  poller.add(second, { in: true }, () => heard++ || drain(second));
  watch[Symbol.dispose]();
  ring(second);
  await until(() => heard === 1);
  sys.close(second);
});

test("the other side's end is told by hup", async () => {
  using poller = sys.poller({ ref: true });
  const [reader, writer] = sys.pipe();
  sys.close(writer);
  const { promise, resolve } = Promise.withResolvers();
  using _watch = poller.add(reader, { in: true, edge: true }, resolve);
  assert.deepEqual(await promise, { in: false, out: false, pri: false, hup: true, error: false });
  sys.close(reader);
});

test("a descriptor is added once, and a file cannot be polled", () => {
  using poller = sys.poller();
  const [counter, file] = [sys.eventfd(), sys.memfd("test")];
  poller.add(counter, { in: true }, () => {});
  assert.throws(() => poller.add(counter, { in: true }, () => {}), { code: "EEXIST" });
  assert.throws(() => poller.add(file, { in: true }, () => {}), { code: "EPERM" });
  sys.close(counter);
  sys.close(file);
});

test("promises go on and timers run after a callback, with nothing else on the loop", async () => {
  using poller = sys.poller({ ref: true });
  const fd = sys.eventfd();
  const { promise, resolve } = Promise.withResolvers<void>();
  poller.add(fd, { in: true }, () => {
    drain(fd);
    resolve();
  });
  ring(fd);
  await promise;
  sys.close(fd);
});

test("a poller keeps its process alive only when it is told to", async () => {
  const script = (options: string): string[] => [
    process.execPath,
    "--input-type=module",
    "-e",
    `import { linuxSys } from ${JSON.stringify(new URL("../linux.ts", import.meta.url).href)};
     const sys = linuxSys(); const fd = sys.eventfd();
     sys.poller(${options}).add(fd, { in: true }, () => process.exit(2));
     setTimeout(() => sys.write(fd, new BigUint64Array([1n])), 50).unref();
     globalThis.gc?.();`,
  ];
  assert.deepEqual(await finish(sys, script("")), { kind: "exited", code: 0 });
  assert.deepEqual(await finish(sys, script("{ ref: true }").toSpliced(1, 0, "--expose-gc")), {
    kind: "exited",
    code: 2,
  });
});

test("an exception in one callback is uncaught, and keeps no other from its turn", async () => {
  const script = `import { linuxSys } from ${JSON.stringify(new URL("../linux.ts", import.meta.url).href)};
     const sys = linuxSys(); const poller = sys.poller({ ref: true }); let turns = 0; let uncaught = 0;
     process.on("uncaughtException", () => uncaught++);
     for (const at of [0, 1, 2]) {
       const fd = sys.eventfd();
       poller.add(fd, { in: true, edge: true }, () => { turns++; if (at < 2) throw new Error("one"); });
       sys.write(fd, new BigUint64Array([1n]));
     }
     setTimeout(() => process.exit(turns * 10 + uncaught), 100);`;
  const status = await finish(sys, [process.execPath, "--input-type=module", "-e", script]);
  assert.deepEqual(status, { kind: "exited", code: 32 });
});

test("room to write is told of a pipe, and no longer when it is full", async () => {
  using poller = sys.poller({ ref: true });
  const [reader, writer] = sys.pipe();
  sys.setNonBlocking(writer);
  let room = 0;
  using _watch = poller.add(writer, { out: true }, ({ out }) => {
    assert.equal(out, true);
    room++;
    try {
      for (;;) sys.write(writer, Buffer.alloc(4096));
    } catch {
      // It is full.
    }
  });
  await until(() => room > 0);
  await sleep(5);
  const before = room;
  await sleep(20);
  assert.equal(room, before);
  sys.read(reader, Buffer.alloc(65536));
  await until(() => room > before);
  for (const fd of [reader, writer]) sys.close(fd);
});
