import assert from "node:assert/strict";
import { test } from "node:test";
import { lineSplitter } from "./lines.ts";

test("lines come whole, however the pieces are cut", () => {
  const text = "one\n\ntwo and more\nthree\n";
  for (let size = 1; size <= text.length; size += 1) {
    const lines: string[] = [];
    const split = lineSplitter((line) => lines.push(line));
    for (let at = 0; at < text.length; at += size) split(text.slice(at, at + size));
    assert.deepEqual(lines, ["one", "", "two and more", "three"]);
  }
});

test("a line that is too long ends the splitting, also before its end has come", () => {
  const split = lineSplitter(() => {}, 10);
  split("1234567890\n12345");
  assert.throws(() => split("678901"), RangeError);
  assert.throws(() => lineSplitter(() => {}, 3)("1234\n"), RangeError);
});
