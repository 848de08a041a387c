import assert from "node:assert/strict";
import type { ApiEvent } from "../harness/api-client.ts";
import { words } from "../harness/event-log.ts";

/** What is known of a call's outcome: answered, refused, or cut off by a death on the way. */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** One process, container's init or exec, as the clients who asked for it believe it to be. */
export interface Believed {
  readonly id: string;
  /** "init", or an exec's name. */
  readonly process: string;
  /** The code it ends with by itself; undefined: it never does. */
  readonly code: number | undefined;
  start: Outcome;
  /** Somebody has sent it, or its container, SIGKILL, or may have. */
  killed: boolean;
}

/** What must be true of the event log at the end, whoever died on the way. */
export class Model {
  readonly #believed = new Map<string, Believed>();

  begin(id: string, process: string, code: number | undefined): Believed {
    const believed: Believed = { id, process, code, start: "unknown", killed: false };
    this.#believed.set(`${id}/${process}`, believed);
    return believed;
  }

  killed(id: string): void {
    for (const believed of this.#believed.values()) if (believed.id === id) believed.killed = true;
  }

  get size(): number {
    return this.#believed.size;
  }

  /** Holds a complete replay, of a time when everything has ended, against what was believed. */
  check(events: readonly ApiEvent[]): void {
    const times = events.map(
      ({ timestamp }) => (timestamp?.seconds ?? 0n) * 1_000_000_000n + BigInt(timestamp?.nanos ?? 0),
    );
    for (let n = 1; n < times.length; n += 1)
      assert.ok((times[n] ?? 0n) > (times[n - 1] ?? 0n), `event ${n} is not later than the one before it`);
    for (const believed of this.#believed.values())
      this.#checkOne(
        believed,
        events.filter((event) => event.id === believed.id),
      );
  }

  #checkOne(believed: Believed, events: readonly ApiEvent[]): void {
    const { id, process } = believed;
    const story = `${id}/${process} (${believed.start}${believed.killed ? ", killed" : ""}): ${events.map(words).join(", ")}`;
    const isInit = process === "init";
    const starts = events.filter((event) =>
      isInit ? event.type === "start-container" : event.type === "start-process" && event.pid === process,
    );
    const exits = events.filter((event) => event.type === "exit" && event.pid === process);
    if (believed.start === "acknowledged")
      assert.equal(starts.length, 1, `an acknowledged start has one event: ${story}`);
    assert.ok(starts.length <= 1, `no start is told twice: ${story}`);
    assert.equal(exits.length, starts.length, `one exit for each start: ${story}`);
    const [start] = starts;
    const [exit] = exits;
    if (start === undefined || exit === undefined) return;
    assert.ok(events.indexOf(exit) > events.indexOf(start), `the exit comes after the start: ${story}`);
    const possible = [
      ...(believed.code === undefined ? [] : [believed.code]),
      ...(believed.killed ? [137] : []),
    ];
    assert.ok(possible.includes(exit.status), `the exit is one of ${possible.join(", ")}: ${story}`);
    const initExit = events.findLastIndex((event) => event.type === "exit" && event.pid === "init");
    assert.ok(isInit || events.indexOf(exit) < initExit, `an exec's exit comes before init's: ${story}`);
  }
}
