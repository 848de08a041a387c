import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../base/errors.ts";
import { findProgram, findShim } from "./programs.ts";

test("a program is found as exec(3) finds it", () => {
  assert.equal(findProgram("sh", "/nowhere:/bin"), "/bin/sh");
  assert.equal(findProgram("/bin/sh", ""), "/bin/sh");
  assert.equal(findProgram("no-such-program", "/bin"), undefined);
  assert.equal(findProgram("/bin", ""), undefined);
});

test("the shim's usual names are our own program, whatever PATH holds", () => {
  for (const name of ["containerd-shim", "docker-containerd-shim"]) {
    assert.match(findShim(name, "/nowhere"), /\/bin\/containerd-shim$/);
  }
});

test("another shim must be there", () => {
  assert.equal(findShim("/bin/sh"), "/bin/sh");
  for (const [name, reason] of [
    ["my-shim", "it is not in PATH"],
    ["/no/containerd-shim", "there is no such program"],
  ] as const) {
    assert.throws(
      () => findShim(name, "/bin"),
      (error: unknown) =>
        error instanceof Failure && error.message === `cannot use --shim ${name}: ${reason}`,
    );
  }
});
