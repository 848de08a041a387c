import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { LogFile } from "./log-file.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-"));
  path = join(directory, "output.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );

test("a file is renamed before it would be too large, and the oldest goes", () => {
  const file = new LogFile({ path, maxSize: 6, maxFiles: 3 });
  file.append(["11\n", "22\n", "33\n", "44\n", "55\n", "66\n", "77\n"]);
  file.close();
  assert.deepEqual(files(), {
    "output.log": "77\n",
    "output.log.1": "55\n66\n",
    "output.log.2": "33\n44\n",
  });
});

test("one file is kept where one is asked for", () => {
  const file = new LogFile({ path, maxSize: 4, maxFiles: 1 });
  file.append(["1\n", "2\n", "3\n"]);
  file.close();
  assert.deepEqual(files(), { "output.log": "3\n" });
});

test("a record that is longer than a file is in one of its own", () => {
  const file = new LogFile({ path, maxSize: 4, maxFiles: 9 });
  file.append(["1\n", "a long one\n", "2\n"]);
  file.close();
  assert.deepEqual(files(), { "output.log": "2\n", "output.log.1": "a long one\n", "output.log.2": "1\n" });
});

test("a file that is there is gone on with, and its torn last line is ended", () => {
  writeFileSync(path, "1\n{torn");
  const file = new LogFile({ path, maxSize: 100, maxFiles: 2 });
  file.append(["2\n"]);
  file.close();
  assert.deepEqual(files(), { "output.log": "1\n{torn\n2\n" });
});
