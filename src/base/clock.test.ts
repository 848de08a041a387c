import assert from "node:assert/strict";
import { test } from "node:test";
import { clockOf, systemClock } from "./clock.ts";

test("the clock is the machine's to the millisecond, and goes on within it", () => {
  let wall = 1_700_000_000_000;
  let monotonic = 5.25;
  const clock = clockOf(
    () => wall,
    () => monotonic,
  );
  const first = clock.now();
  assert.equal(first / 1_000_000n, 1_700_000_000_000n);
  monotonic += 0.25;
  assert.equal(clock.now() - first, 250_000n);
  wall += 1;
  monotonic += 1;
  assert.equal(clock.now() - first, 1_250_000n);
});

test("the clock follows the machine's when that is set, or when the machine was asleep", () => {
  let wall = 1_700_000_000_000;
  const clock = clockOf(
    () => wall,
    () => 5,
  );
  clock.now();
  for (const change of [3_600_000, -7_200_000]) {
    wall += change;
    assert.equal(clock.now() / 1_000_000n, BigInt(wall));
  }
});

test("the system's clock tells the time", () => {
  const before = BigInt(Date.now());
  const now = systemClock.now() / 1_000_000n;
  assert.ok(before <= now && now <= BigInt(Date.now()));
});
