import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { linuxSys } from "../linux.ts";
import { openFds } from "../testing/open-fds.ts";
import { finish } from "../testing/processes.ts";

const sys = linuxSys();
let folder = "";
let path = "";
let before: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sys-lock-"));
  path = join(folder, "lock");
  before = openFds();
});

afterEach(() => {
  assert.deepEqual(openFds(), before, "descriptors are left open");
  rmSync(folder, { recursive: true });
});

function take(): Disposable {
  const result = sys.lockFile(path);
  if ("holderPid" in result) throw new Error(`held by ${result.holderPid}`);
  return result;
}

test("the second one is told who holds the lock", () => {
  using _ = take();
  assert.deepEqual(sys.lockFile(path), { holderPid: process.pid });
});

test("a lock that was given back can be taken again, and giving it back twice hurts nobody", () => {
  const first = take();
  first[Symbol.dispose]();
  using _second = take();
  first[Symbol.dispose]();
  assert.deepEqual(sys.lockFile(path), { holderPid: process.pid });
});

test("what an earlier holder left in the file is no lock, and is replaced", () => {
  writeFileSync(path, "123456789012345\n");
  using _ = take();
  assert.equal(readFileSync(path, "latin1"), `${process.pid}\n`);
});

test("a holder that wrote nothing readable is 0", () => {
  using _ = take();
  writeFileSync(path, "?");
  assert.deepEqual(sys.lockFile(path), { holderPid: 0 });
});

test("a child does not hold the lock on", async () => {
  const lock = take();
  assert.deepEqual(await finish(sys, ["flock", "-n", path, "true"]), { kind: "exited", code: 1 });
  const pid = sys.spawn({ ...quiet(), file: "sleep", args: ["sleep", "60"] });
  lock[Symbol.dispose]();
  take()[Symbol.dispose]();
  sys.kill(pid, 9);
  while (sys.waitNext() === undefined) await new Promise(setImmediate);
});

test("a lock in a directory that does not exist is an error", () => {
  assert.throws(() => sys.lockFile(join(folder, "none", "lock")), { code: "ENOENT" });
});

function quiet() {
  return { env: ["PATH=/usr/bin:/bin"], stdin: 0, stdout: 1, stderr: 2 };
}
