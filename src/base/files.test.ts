import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { readIfThere, removeTree, replaceFile } from "./files.ts";
import { TempDir } from "./testing/temp.ts";

test("a file is replaced whole, readable for its owner only, and nothing stays beside it", () => {
  using dir = new TempDir();
  replaceFile(dir.file("a"), "one");
  replaceFile(dir.file("a"), "two");
  assert.equal(readFileSync(dir.file("a"), "utf8"), "two");
  assert.equal(statSync(dir.file("a")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir.path), ["a"]);
});

test("a replacement that fails leaves the old file, and says what failed", () => {
  using dir = new TempDir();
  mkdirSync(dir.file("a/b"), { recursive: true });
  assert.throws(() => replaceFile(dir.file("a"), "one"), { code: "EISDIR" });
  assert.throws(() => replaceFile(dir.file("missing/a"), "one"), { code: "ENOENT" });
  assert.deepEqual(readdirSync(dir.path), ["a"]);
});

test("a file that is not there is no error", () => {
  using dir = new TempDir();
  writeFileSync(dir.file("file"), "text");
  assert.equal(readIfThere(dir.file("file")), "text");
  assert.equal(readIfThere(dir.file("missing")), undefined);
  assert.equal(readIfThere(dir.file("file/below")), undefined);
  assert.throws(() => readIfThere(dir.path), { code: "EISDIR" });
});

test("a tree is removed, what its links lead to is not, and no name leads out of the directory", async () => {
  using dir = new TempDir();
  mkdirSync(dir.file("tree/below"), { recursive: true });
  writeFileSync(dir.file("outside"), "text");
  symlinkSync(dir.file("outside"), dir.file("tree/below/link"));
  await removeTree(dir.path, "tree");
  await removeTree(dir.path, "tree");
  assert.deepEqual(readdirSync(dir.path), ["outside"]);
  mkdirSync(dir.file("tree"));
  for (const name of ["..", ".", "", "../outside", "tree/../outside", "/", "a\0"])
    await assert.rejects(removeTree(dir.file("tree"), name), { code: "INVALID_ARGUMENT" }, name);
  assert.ok(existsSync(dir.file("outside")));
});
