import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { abortFailure, raceAbort, withTimeout } from "./deadline.ts";
import { Failure } from "./errors.ts";

test("a time that is over is a deadline exceeded, a cancel is a cancel, a failure stays itself", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  using limited = withTimeout(undefined, 50);
  context.mock.timers.tick(50);
  assert.deepEqual(
    [abortFailure(limited.signal).code, abortFailure(limited.signal).message],
    ["DEADLINE_EXCEEDED", "it took longer than 50 ms"],
  );
  assert.equal(abortFailure(AbortSignal.abort()).code, "CANCELLED");
  assert.equal(
    abortFailure(AbortSignal.abort(new DOMException("x", "TimeoutError"))).code,
    "DEADLINE_EXCEEDED",
  );
  const own = new Failure("UNAVAILABLE", "stopping");
  assert.equal(abortFailure(AbortSignal.abort(own)), own);
});

test("the caller's abort is passed on with its reason, and nothing stays behind on the caller's signal", () => {
  const caller = new AbortController();
  const reason = new Failure("UNAVAILABLE", "stopping");
  {
    using limited = withTimeout(caller.signal, 1000);
    caller.abort(reason);
    assert.equal(abortFailure(limited.signal), reason);
    using late = withTimeout(caller.signal, 1000);
    assert.equal(late.signal.aborted, true);
  }
  const idle = new AbortController();
  withTimeout(idle.signal, 1000)[Symbol.dispose]();
  assert.equal(getEventListeners(idle.signal, "abort").length, 0);
});

test("a time longer than a timer can hold, and none, do not end at once", async () => {
  using long = withTimeout(undefined, 1000 * 3600 * 1000);
  using none = withTimeout(undefined, 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([long.signal.aborted, none.signal.aborted], [false, false]);
});

test("a promise is raced against a signal, and the loser is nobody's concern", async () => {
  const call = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const raced = raceAbort(promise, call.signal);
  call.abort();
  await assert.rejects(raced, { code: "CANCELLED" });
  await assert.rejects(raceAbort(promise, call.signal), { code: "CANCELLED" });
  reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  const idle = new AbortController();
  assert.equal(await raceAbort(Promise.resolve(1), idle.signal), 1);
  assert.equal(getEventListeners(idle.signal, "abort").length, 0);
});
