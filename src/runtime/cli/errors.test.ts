import assert from "node:assert/strict";
import { test } from "node:test";
import { isOfSameFailure, runtimeFailure } from "./errors.ts";

const failed = { stderr: "", ended: "exit status 1" };
const line = (level: string, msg: string): string =>
  JSON.stringify({ level, msg, time: "2026-01-01T00:00:00Z" });

test("a failure has the runtime's own last words, unchanged", () => {
  const log = [
    line("error", "first"),
    line("error", 'exec: "nope": executable file not found in $PATH'),
    line("warning", "later"),
  ];
  const failure = runtimeFailure({ ...failed, log: log.join("\n") });
  assert.equal(failure.message, 'oci runtime error: exec: "nope": executable file not found in $PATH');
  assert.equal(failure.code, "NOT_FOUND");
});

test("a runtime that logs nothing is heard on its stderr, JSON or not", () => {
  const text = "some warning\nwriting file `pids.max`: Invalid argument\n";
  assert.equal(
    runtimeFailure({ ...failed, stderr: text }).message,
    "oci runtime error: writing file `pids.max`: Invalid argument",
  );
  const json = `${line("error", "no such container")}\n`;
  assert.equal(runtimeFailure({ ...failed, stderr: json }).message, "oci runtime error: no such container");
});

test("a runtime that says nothing at all is told by how it ended", () => {
  const failure = runtimeFailure({ stderr: "", ended: "signal 9" });
  assert.equal(failure.message, "shim error: the runtime ended with signal 9 and said nothing");
});

test("what a program can act on has its code", () => {
  const code = (msg: string) => runtimeFailure({ ...failed, log: line("error", msg) }).code;
  assert.equal(code("container does not exist"), "NOT_FOUND");
  assert.equal(code("exec failed: permission denied"), "PERMISSION_DENIED");
  assert.equal(code("container with given ID already exists"), "ALREADY_EXISTS");
  assert.equal(code("something else"), "UNKNOWN");
});

test("a log's error of an earlier command is not taken for this one's", () => {
  const log = `${line("error", "criu failed: type NOTIFY errno 0\nlog file: /x/dump.log")}\n`;
  assert.equal(isOfSameFailure(log, "criu failed: type NOTIFY errno 0\nlog file: /x/dump.log\n"), true);
  assert.equal(isOfSameFailure(log, "container not running\n"), false);
  assert.equal(isOfSameFailure(log, ""), true);
});
