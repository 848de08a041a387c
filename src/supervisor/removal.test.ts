import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { TempDir } from "../base/testing/temp.ts";
import { Removal } from "./removal.ts";

test("a directory is gone at once, with all that is in it soon, also when the trash was thrown away", async () => {
  using own = new TempDir();
  const root = join(own.path, "containers");
  const trash = join(own.path, "trash");
  const removal = new Removal(root, trash, silentLogger);
  for (const name of ["a", "b"]) mkdirSync(join(root, name, "init"), { recursive: true });
  removal.remove(join(root, "a"));
  assert.deepEqual(readdirSync(root), ["b"]);
  await removal.finish();
  assert.deepEqual(readdirSync(trash), []);
  rmSync(trash, { recursive: true });
  removal.remove(join(root, "b", "init"));
  assert.deepEqual(readdirSync(join(root, "b")), []);
  await removal.finish();
});

test("what an earlier daemon had no time for is removed", async () => {
  using own = new TempDir();
  const trash = join(own.path, "trash");
  mkdirSync(join(trash, "a.1", "init"), { recursive: true });
  const removal = new Removal(join(own.path, "containers"), trash, silentLogger);
  removal.sweep();
  await removal.finish();
  assert.deepEqual(readdirSync(trash), []);
});

test("paths that lead elsewhere are refused", async () => {
  using own = new TempDir();
  const root = join(own.path, "containers");
  mkdirSync(join(root, "a"), { recursive: true });
  mkdirSync(join(own.path, "precious"));
  const removal = new Removal(root, join(own.path, "trash"), silentLogger);
  for (const path of [
    ...[root, `${root}/`, `${root}/.`, `${root}/..`, `${root}/../precious`, `${root}/a/../../precious`],
    ...[`${root}x`, join(own.path, "precious"), own.path, "/", ""],
  ])
    removal.remove(path);
  await removal.finish();
  assert.ok(existsSync(join(root, "a")));
  assert.ok(existsSync(join(own.path, "precious")));
});
