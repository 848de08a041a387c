import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fromErrno } from "./errno.ts";
import { Failure } from "./errors.ts";
import { TempDir } from "./testing/temp.ts";

function failureOf(action: string, work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    return fromErrno(error, action);
  }
  throw new Error(`${action} did not fail`);
}

test("the operating system's errors have the code and the words that clients know from Go", () => {
  using dir = new TempDir();
  const cases: readonly (readonly [string, string, string, () => unknown])[] = [
    ["NOT_FOUND", "open a", "open a: no such file or directory", () => readFileSync(dir.file("a"))],
    ["ALREADY_EXISTS", "mkdir b", "mkdir b: file exists", () => mkdirSync(dir.path)],
    ["INVALID_ARGUMENT", "open c", "open c: is a directory", () => writeFileSync(dir.path, "")],
  ];
  for (const [code, action, message, work] of cases) {
    const failure = failureOf(action, work);
    assert.deepEqual([failure.code, failure.message], [code, message]);
    assert.ok(failure.cause instanceof Error);
  }
});

test("an errno without words of its own has the system's, and what has no errno keeps its text", () => {
  const error = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  assert.equal(fromErrno(error, "connect").message, "connect: connection refused");
  assert.equal(fromErrno(error, "connect").code, "UNAVAILABLE");
  assert.equal(fromErrno(Object.assign(new Error("x"), { code: "EODD" }), "do").message, "do: EODD");
  assert.equal(fromErrno("text", "do").message, "do: text");
  const failure = new Failure("ABORTED", "as it is");
  assert.equal(fromErrno(failure, "do"), failure);
});
