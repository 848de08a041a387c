import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeWaitStatus, exitCode } from "./wait-status.ts";

test("an exit code is the second byte, a signal the low seven bits, with or without a core", () => {
  assert.deepEqual(decodeWaitStatus(0), { kind: "exited", code: 0 });
  assert.deepEqual(decodeWaitStatus(0xff00), { kind: "exited", code: 255 });
  assert.deepEqual(decodeWaitStatus(9), { kind: "signaled", signal: 9 });
  assert.deepEqual(decodeWaitStatus(0x80 | 11), { kind: "signaled", signal: 11 });
});

test("a signal counts as 128 and its number", () => {
  assert.equal(exitCode(decodeWaitStatus(7 << 8)), 7);
  assert.equal(exitCode(decodeWaitStatus(9)), 137);
});
