import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "./semaphore.ts";

test("no more than its limit are in at once, and the others come in order", async () => {
  const semaphore = new Semaphore(2);
  const order: number[] = [];
  let most = 0;
  const work = async (number: number): Promise<void> => {
    using _permit = await semaphore.acquire();
    order.push(number);
    most = Math.max(most, semaphore.inUse);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(work));
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([most, semaphore.inUse, semaphore.waiting], [2, 0, 0]);
});

test("whoever gives up waiting takes no permit with him", async () => {
  const semaphore = new Semaphore(1);
  const held = await semaphore.acquire();
  const call = new AbortController();
  const waiting = semaphore.acquire(call.signal);
  assert.equal(semaphore.waiting, 1);
  call.abort();
  await assert.rejects(waiting, { code: "CANCELLED" });
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  using _next = await semaphore.acquire();
  assert.deepEqual([semaphore.inUse, semaphore.waiting], [1, 0]);
});

test("a limit that lets nobody in is refused", () => {
  assert.throws(() => new Semaphore(0), /at least 1, not 0/);
});
