import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { readExitRecord } from "../state/exit-record.ts";
import { ProcessDir } from "../state/layout.ts";
import { Exits } from "./exits.ts";
import type { ExitPush } from "./protocol.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exits-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function exit(directory: string) {
  return { container: "c", process: "init", pid: 7, status: 3, at: 5n, directory: new ProcessDir(directory) };
}

test("an exit that cannot be written is told as soon as it can, and listed meanwhile", async () => {
  const { promise, resolve } = Promise.withResolvers<ExitPush>();
  const exits = new Exits(resolve, silentLogger);
  const blocked = join(folder, "process");
  // A file where the directory should be: for the writer a disk that refuses.
  writeFileSync(blocked, "");
  exits.add(exit(blocked));
  exits.tellAll();
  assert.equal(exits.size, 1);
  assert.equal(exits.list()[0]?.state, "ended");
  rmSync(blocked);
  mkdirSync(blocked);
  assert.equal((await promise).status, 3);
  assert.deepEqual(readExitRecord(new ProcessDir(blocked)), { status: 3, at: 5n });
  exits.acknowledge({ container: "c", process: "init", pid: 7 });
  assert.equal(exits.size, 0);
});

test("an exit whose directory is gone is told all the same", () => {
  const told: ExitPush[] = [];
  const exits = new Exits((push) => told.push(push), silentLogger);
  exits.add(exit(join(folder, "gone")));
  assert.deepEqual(told, [{ push: "exit", container: "c", process: "init", pid: 7, status: 3, at: "5" }]);
});

test("an acknowledgement is for one pid: the next process of the name is told on", () => {
  const told: ExitPush[] = [];
  const exits = new Exits((push) => told.push(push), silentLogger);
  exits.add(exit(folder));
  exits.add({ ...exit(folder), pid: 8 });
  exits.acknowledge({ container: "c", process: "init", pid: 7 });
  told.length = 0;
  exits.tellAll();
  assert.deepEqual(
    told.map(({ pid }) => pid),
    [8],
  );
});
