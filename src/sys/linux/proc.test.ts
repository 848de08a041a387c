import assert from "node:assert/strict";
import { test } from "node:test";

import { linuxSys } from "../linux.ts";
import { parseStat } from "./proc.ts";

const sys = linuxSys();
const rest = Array.from({ length: 48 }, (_, at) => (at === 17 ? "987654321012345678" : String(at + 5)));

test("a name that looks like the fields after it is only a name", () => {
  const stat = parseStat(`42 (a) R 7 (b) (c\n) S 7 ${rest.join(" ")}\n`);
  assert.deepEqual(stat, {
    pid: 42,
    comm: "a) R 7 (b) (c\n",
    state: "S",
    ppid: 7,
    startTime: 987654321012345678n,
    exiting: false,
  });
});

test("an init that waits for its namespace's zombies is exiting, and its code is known", () => {
  const stat = parseStat(`42 (init) S 1 ${rest.with(4, "4195596").with(15, "1").with(47, "9").join(" ")}\n`);
  assert.equal(stat.exiting, true);
  assert.deepEqual(stat.exitStatus, { kind: "signaled", signal: 9 });
});

test("a zombie has its wait status in field 52", () => {
  const stat = parseStat(`42 (a) Z 7 ${rest.with(47, "256").join(" ")}\n`);
  assert.deepEqual(stat.exitStatus, { kind: "exited", code: 1 });
});

test("this process is found, with its parent and a start time that stays", () => {
  const stat = sys.readProc(process.pid);
  assert.equal(stat?.pid, process.pid);
  assert.equal(stat.ppid, process.ppid);
  assert.equal(sys.readProc(process.pid)?.startTime, stat.startTime);
});

test("a process that does not exist is undefined", () => {
  assert.equal(sys.readProc(0x3fff_ffff), undefined);
});

test("the boot id is a UUID", () => {
  assert.match(sys.bootId(), /^[0-9a-f-]{36}$/);
});
