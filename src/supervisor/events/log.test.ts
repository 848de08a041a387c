import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { silentLogger } from "../../base/logger.ts";
import { RecordingLogger } from "../../base/testing/logger.ts";
import { TempDir } from "../../base/testing/temp.ts";
import type { Event } from "./event.ts";
import { EventLog } from "./log.ts";

const event = (number: number): Event => ({
  type: "exit",
  id: `c${number}`,
  pid: "init",
  status: number % 256,
  instance: "0123456789abcdef",
  timestamp: BigInt(number) * 1_000_000_000n + 7n,
});

/** Opens, appends events of these numbers, closes. */
function write(path: string, keep: number, numbers: readonly number[]): void {
  const { log, events } = EventLog.open(path, keep, silentLogger);
  using _log = log;
  for (const number of numbers) {
    log.append(event(number), () => events);
    events.push(event(number));
  }
}

function read(path: string, keep = 100, logger = new RecordingLogger()): string[] {
  const { log, events } = EventLog.open(path, keep, logger);
  log[Symbol.dispose]();
  return events.map(({ id }) => id);
}

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `c${from + index}`);
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("what was appended is there after any number of restarts, whole", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  for (const number of [1, 2, 3]) write(path, 100, [number]);
  const { log, events } = EventLog.open(path, 100, silentLogger);
  log[Symbol.dispose]();
  assert.deepEqual(events, [event(1), event(2), event(3)]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a torn last line costs itself only, and the next event does not continue it", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  write(path, 100, [1, 2]);
  appendFileSync(path, '{"type":"exit","id":"c3","pi');
  const logger = new RecordingLogger();
  assert.deepEqual(read(path, 100, logger), ["c1", "c2"]);
  assert.match(logger.of("warn").join(), /torn last line/);
  write(path, 100, [4]);
  assert.deepEqual(read(path), ["c1", "c2", "c4"]);
});

test("NUL bytes, garbage, other JSON and times out of order cost their own lines, and the log says so", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  write(path, 100, [1]);
  appendFileSync(path, Buffer.concat([Buffer.alloc(4096), Buffer.from("\n")]));
  write(path, 100, [2]);
  appendFileSync(
    path,
    Buffer.concat([Buffer.from([0xff, 0xfe, 0x80, 0x0a]), Buffer.from('[]\n42\n\n{"type":"exit"}\n')]),
  );
  appendFileSync(path, '{"type":"exit","id":"x","timestamp":"99999999999999999999"}\n');
  appendFileSync(path, '{"type":"lost","id":"x","timestamp":"9000000000"}\n');
  appendFileSync(path, '{"type":"exit","id":"x","timestamp":"1"}\n');
  write(path, 100, [3]);
  const logger = new RecordingLogger();
  assert.deepEqual(read(path, 100, logger), ["c1", "c2", "c3"]);
  assert.ok(logger.of("warn").length <= 6, "a file of garbage does not flood the log");
  assert.deepEqual(logger.said.at(-1)?.fields, { path, lost: 9, lines: 12 });
});

test("the file keeps between once and twice what it must, and always the last ones", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  for (let number = 1; number <= 60; number += 3) {
    write(path, 10, [number, number + 1, number + 2]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").length;
    assert.ok(lines <= 20, `${lines} lines`);
    assert.deepEqual(read(path, 10).slice(-10), ids(Math.max(1, number - 7), number + 2));
  }
  assert.deepEqual(readdirSync(dir.path), ["events.log"]);
});

test("a file that is emptied or removed under a running daemon takes the next event all the same", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  const { log } = EventLog.open(path, 10, silentLogger);
  using _log = log;
  log.append(event(1), () => []);
  truncateSync(path);
  log.append(event(2), () => [event(1)]);
  assert.deepEqual(read(path), ["c2"]);
  rmSync(path);
  log.append(event(3), () => [event(1), event(2)]);
  assert.deepEqual(read(path), ["c1", "c2", "c3"]);
});

test("a directory in the log's place is set aside", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  mkdirSync(path);
  const logger = new RecordingLogger();
  assert.deepEqual(read(path, 10, logger), []);
  assert.match(logger.of("error").join(), /was no file/);
  write(path, 10, [1]);
  assert.deepEqual(read(path), ["c1"]);
  assert.equal(readdirSync(dir.path).length, 2);
});

test("a file of many megabytes is read from its end", () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  writeFileSync(path, Buffer.alloc(40 << 20, "x"));
  appendFileSync(path, "\n");
  write(path, 10, numbers(1, 5));
  assert.deepEqual(read(path, 10), ids(1, 5));
});

test("a log in a directory that is not there waits for it", () => {
  using dir = new TempDir();
  const path = dir.file("later/events.log");
  const logger = new RecordingLogger();
  const { log } = EventLog.open(path, 10, logger);
  using _log = log;
  assert.match(logger.of("error").join(), /cannot read the event log/);
  assert.throws(() => log.append(event(1), () => []), { code: "ENOENT" });
  mkdirSync(dir.file("later"));
  log.append(event(1), () => []);
  assert.deepEqual(read(path), ["c1"]);
});

test("a log that is closed writes to nobody else's descriptor", () => {
  using dir = new TempDir();
  const { log } = EventLog.open(dir.file("events.log"), 10, silentLogger);
  log[Symbol.dispose]();
  log[Symbol.dispose]();
  assert.throws(() => log.append(event(1), () => []), /is closed/);
});
