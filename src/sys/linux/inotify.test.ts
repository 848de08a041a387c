import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { IN_CREATE, IN_DELETE_SELF, IN_IGNORED, IN_MODIFY } from "../constants.ts";
import { linuxSys } from "../linux.ts";
import { openFds } from "../testing/open-fds.ts";
import { until } from "../testing/until.ts";
import { parseInotify } from "./inotify-events.ts";

const sys = linuxSys();
let folder = "";
let file = "";
let before: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sys-inotify-"));
  file = join(folder, "file");
  writeFileSync(file, "");
  before = openFds();
});

afterEach(() => {
  assert.deepEqual(openFds(), before, "descriptors are left open");
  rmSync(folder, { recursive: true });
});

test("a change is told to who watches the file, and a new file by its name to who watches the directory", async () => {
  using inotify = sys.inotify({ ref: true });
  const seen: unknown[] = [];
  inotify.add(file, IN_MODIFY, (mask, name) => seen.push(["file", mask, name]));
  inotify.add(folder, IN_CREATE, (mask, name) => seen.push(["folder", mask, name]));
  appendFileSync(file, "a");
  writeFileSync(join(folder, "ünïcode"), "");
  await until(() => seen.length >= 2);
  assert.deepEqual(seen, [
    ["file", IN_MODIFY, undefined],
    ["folder", IN_CREATE, "ünïcode"],
  ]);
});

test("two watches of one file hear what each asked for, until it is disposed", async () => {
  using inotify = sys.inotify({ ref: true });
  const seen: string[] = [];
  const first = inotify.add(file, IN_MODIFY, () => seen.push("first"));
  inotify.add(file, IN_MODIFY | IN_DELETE_SELF, () => seen.push("second"));
  inotify.add(file, IN_DELETE_SELF, () => seen.push("third"));
  appendFileSync(file, "a");
  await until(() => seen.length >= 2);
  first[Symbol.dispose]();
  appendFileSync(file, "a");
  await until(() => seen.length >= 3);
  assert.deepEqual(seen, ["first", "second", "second"]);
});

test("the end of the file is told, and the watch may be disposed afterwards", async () => {
  using inotify = sys.inotify({ ref: true });
  const seen: number[] = [];
  const watch = inotify.add(file, IN_DELETE_SELF, (mask) => seen.push(mask));
  rmSync(file);
  await until(() => seen.includes(IN_IGNORED));
  assert.deepEqual(seen, [IN_DELETE_SELF, IN_IGNORED]);
  watch[Symbol.dispose]();
});

test("nothing is heard of a watch that was disposed", async () => {
  using inotify = sys.inotify({ ref: true });
  inotify.add(file, IN_MODIFY, () => assert.fail("disposed"))[Symbol.dispose]();
  appendFileSync(file, "a");
  await sleep(20);
});

test("a file that does not exist cannot be watched", () => {
  using inotify = sys.inotify();
  assert.throws(() => inotify.add(join(folder, "none"), IN_MODIFY, () => {}), {
    code: "ENOENT",
    message: /none/,
  });
});

test("events are cut where their lengths say, and an unfinished one is left", () => {
  const bytes = Buffer.alloc(16 + 8 + 16 + 7);
  bytes.writeInt32LE(1, 0);
  bytes.writeUInt32LE(IN_CREATE, 4);
  bytes.writeUInt32LE(8, 12);
  bytes.write("name", 16);
  bytes.writeInt32LE(-1, 24);
  assert.deepEqual(
    [...parseInotify(bytes)],
    [
      { watch: 1, mask: IN_CREATE, name: "name" },
      { watch: -1, mask: 0, name: undefined },
    ],
  );
});
