import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../../base/logger.ts";
import { FakeClock } from "../../base/testing/clock.ts";
import { TempDir } from "../../base/testing/temp.ts";
import type { Event } from "./event.ts";
import { EventHub } from "./hub.ts";
import { EventLog } from "./log.ts";
import type { Subscription } from "./subscription.ts";

type Step =
  | { readonly kind: "append"; readonly id: string; readonly clock: number }
  | { readonly kind: "subscribe"; readonly id: string | undefined; readonly from: number | undefined }
  | { readonly kind: "read"; readonly who: number; readonly count: number }
  | { readonly kind: "restart" };

const id = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      id,
      clock: fc.integer({ min: -5, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      id: fc.option(id, { nil: undefined }),
      from: fc.option(fc.nat(60), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("read" as const), who: fc.nat(9), count: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

/** A subscriber, what it must be told, and what it has been told. */
interface Listener {
  readonly subscription: Subscription;
  readonly id: string | undefined;
  readonly expected: Event[];
  readonly got: Event[];
}

async function read(listener: Listener, count: number): Promise<void> {
  for (let left = Math.min(count, listener.expected.length - listener.got.length); left > 0; left -= 1) {
    const { value } = await listener.subscription.next();
    if (value !== undefined) listener.got.push(value);
  }
}

async function end(listener: Listener): Promise<void> {
  await read(listener, Infinity);
  assert.deepEqual(listener.got, listener.expected);
  listener.subscription[Symbol.dispose]();
}

test("whatever is appended, asked for and read, over restarts and a clock that goes back and forth: nothing is missing or told twice", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 500 }),
    fc.integer({ min: 1, max: 90 }),
    async (steps, retain) => {
      using dir = new TempDir();
      const clock = new FakeClock();
      const open = (): EventHub =>
        new EventHub({ path: dir.file("log"), retain, logger: silentLogger, clock });
      let hub = open();
      const all: Event[] = [];
      const listeners: Listener[] = [];
      for (const one of steps) {
        if (one.kind === "append") {
          clock.time += BigInt(one.clock);
          const event = hub.append({ type: "oom", id: one.id, pid: "", status: 0, instance: "" });
          assert.ok(event.timestamp > (all.at(-1)?.timestamp ?? 0n));
          all.push(event);
          for (const listener of listeners)
            if ((listener.id ?? event.id) === event.id) listener.expected.push(event);
        } else if (one.kind === "subscribe") {
          const after = one.from === undefined ? undefined : (all[one.from]?.timestamp ?? 0n);
          const subscription = hub.subscribe({
            ...(after === undefined ? {} : { after }),
            ...(one.id === undefined ? {} : { id: one.id }),
          });
          const stored =
            after === undefined ? [] : all.slice(-retain).filter(({ timestamp }) => timestamp > after);
          const expected = stored.filter((event) => one.id === undefined || event.id === one.id);
          listeners.push({ subscription, id: one.id, expected, got: [] });
        } else if (one.kind === "read") {
          const listener = listeners[one.who % Math.max(1, listeners.length)];
          if (listener !== undefined) await read(listener, one.count);
        } else {
          await Promise.all(listeners.splice(0).map(end));
          hub[Symbol.dispose]();
          hub = open();
        }
      }
      await Promise.all(listeners.map(end));
      hub[Symbol.dispose]();
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

test("whatever lies between them, the lines that are whole are read", () => {
  const line = (number: number): string =>
    `${JSON.stringify({ type: "exit", id: "c", pid: "init", status: 0, timestamp: String(number), instance: "" })}\n`;
  const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const property = fc.property(fc.array(garbage, { maxLength: 20 }), garbage, (pieces, tail) => {
    using dir = new TempDir();
    const path = dir.file("log");
    const lines = pieces.map((piece, index) => Buffer.concat([piece, Buffer.from(`\n${line(index + 1)}`)]));
    writeFileSync(path, Buffer.concat([...lines, tail]));
    const times = (): number[] => {
      const { log, events } = EventLog.open(path, 100, silentLogger);
      using _log = log;
      log.append({ ...next, timestamp: (events.at(-1)?.timestamp ?? 0n) + 1n }, () => events);
      return events.map(({ timestamp }) => Number(timestamp));
    };
    const expected = pieces.map((_, index) => index + 1);
    assert.deepEqual(times(), expected);
    assert.deepEqual(times(), [...expected, expected.length + 1]);
  });
  const next = { type: "exit", id: "c", pid: "init", status: 0, instance: "" } as const;
  fc.assert(property, { numRuns: 150 });
});
