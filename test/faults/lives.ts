import assert from "node:assert/strict";
import type { ApiEvent } from "../harness/api-client.ts";
import { words } from "../harness/event-log.ts";

/**
 * Holds all events of one id against what must be true of them, whoever died on the way: life after life, each begins with its start and
 * ends with init's exit, each process has one start and one exit, and init's exit is the last of all.
 *
 * @returns the number of lives
 */
export function checkLives(events: readonly ApiEvent[]): number {
  const story = events.map(words).join(", ");
  const running = new Set<string>();
  let lives = 0;
  for (const { type, pid } of events) {
    switch (type) {
      case "start-container":
        assert.equal(running.size, 0, `a life begins when the last one has ended: ${story}`);
        running.add("init");
        lives += 1;
        break;
      case "start-process":
        assert.ok(
          running.has("init") && !running.has(pid),
          `a process starts once, in a living container: ${story}`,
        );
        running.add(pid);
        break;
      case "exit":
        assert.ok(running.delete(pid), `an exit is told once, and after the start: ${story}`);
        assert.ok(pid !== "init" || running.size === 0, `init's exit is the last: ${story}`);
        break;
      default:
        assert.ok(running.has("init"), `only a living container is paused or runs out of memory: ${story}`);
    }
  }
  assert.equal(running.size, 0, `everything has ended: ${story}`);
  return lives;
}

/** Timestamps, by which clients come back, strictly increase. */
export function checkTimes(events: readonly ApiEvent[]): void {
  const times = events.map(
    ({ timestamp }) => (timestamp?.seconds ?? 0n) * 1_000_000_000n + BigInt(timestamp?.nanos ?? 0),
  );
  for (let n = 1; n < times.length; n += 1) assert.ok((times[n] ?? 0n) > (times[n - 1] ?? 0n));
}
