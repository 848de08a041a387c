import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "../base/semaphore.ts";
import { acquirePatiently } from "./patience.ts";

test("a permit goes to the next when its holder is done", async () => {
  const semaphore = new Semaphore(1);
  const first = await acquirePatiently(semaphore, 60_000);
  const second = acquirePatiently(semaphore, 60_000);
  assert.equal(semaphore.waiting, 1);
  first[Symbol.dispose]();
  using _second = await second;
  assert.equal(semaphore.inUse, 1);
});

test("who holds a permit for too long lets another begin, and gives it back once", async () => {
  const semaphore = new Semaphore(1);
  const first = await acquirePatiently(semaphore, 1);
  // the timer keeps no process alive: this test must
  const alive = setInterval(() => {}, 1000);
  const second = await acquirePatiently(semaphore, 60_000);
  clearInterval(alive);
  first[Symbol.dispose]();
  assert.equal(semaphore.inUse, 1);
  second[Symbol.dispose]();
  assert.equal(semaphore.inUse, 0);
});
