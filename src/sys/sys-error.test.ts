import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { asSysError, SysError } from "./sys-error.ts";

test("an error has the name, the number and the words for what failed", () => {
  const error = new SysError("open", 2, "/a");
  assert.equal(error.code, "ENOENT");
  assert.equal(error.errno, 2);
  assert.equal(error.syscall, "open");
  assert.equal(error.message, "open /a: ENOENT: no such file or directory");
});

test("numbers with two names have the one that Node uses, and an unknown one has a name too", () => {
  assert.equal(new SysError("read", 11).code, "EAGAIN");
  assert.equal(new SysError("read", 95).code, "ENOTSUP");
  assert.equal(new SysError("read", 4000).code, "E4000");
});

test("an error of node:fs becomes a SysError, any other stays what it is", () => {
  const missing = () => asSysError("read", () => readFileSync("/nonexistent"));
  assert.throws(missing, (error) => error instanceof SysError && error.code === "ENOENT");
  const broken = () =>
    asSysError("read", () => {
      throw new TypeError("a bug");
    });
  assert.throws(broken, TypeError);
});
