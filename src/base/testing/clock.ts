import type { Clock } from "../clock.ts";

/** A clock that stands still unless it is set. */
export class FakeClock implements Clock {
  time: bigint;

  constructor(time = 1_700_000_000_000_000_000n) {
    this.time = time;
  }

  now(): bigint {
    return this.time;
  }
}
