import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { Failure } from "../../base/errors.ts";
import { silentLogger } from "../../base/logger.ts";
import { FakeClock } from "../../base/testing/clock.ts";
import { RecordingLogger } from "../../base/testing/logger.ts";
import { TempDir } from "../../base/testing/temp.ts";
import type { Event, NewEvent } from "./event.ts";
import { EventHub, type HubOptions } from "./hub.ts";
import type { Subscription } from "./subscription.ts";

const exit = (id: string, pid = "init"): NewEvent => ({
  type: "exit",
  id,
  pid,
  status: 0,
  instance: `i-${id}`,
});

function open(dir: TempDir, options: Partial<HubOptions> = {}): EventHub {
  return new EventHub({ path: dir.file("events.log"), retain: 500, logger: silentLogger, ...options });
}

/** The next `count` events. */
async function take(subscription: Subscription, count: number): Promise<Event[]> {
  const events: Event[] = [];
  while (events.length < count) {
    const { value } = await subscription.next();
    if (value === undefined) throw new Error(`the stream ended after ${events.length} events of ${count}`);
    events.push(value);
  }
  return events;
}

const names = (events: readonly Event[]): string[] => events.map(({ id }) => id);

async function stored(hub: EventHub, after = 0n, id?: string): Promise<Event[]> {
  return await Array.fromAsync(
    hub.subscribe({ after, storedOnly: true, ...(id === undefined ? {} : { id }) }),
  );
}

test("a replay gives what is strictly later than its timestamp, and live events follow without a gap", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  const [, second] = ["a", "b", "c"].map((id) => hub.append(exit(id)));
  const subscription = hub.subscribe({ after: second?.timestamp ?? 0n });
  hub.append(exit("d"));
  assert.deepEqual(names(await take(subscription, 1)), ["c"]);
  hub.append(exit("e"));
  assert.deepEqual(names(await take(subscription, 2)), ["d", "e"]);
});

test("without a timestamp only what comes is told", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  hub.append(exit("a"));
  const subscription = hub.subscribe();
  hub.append(exit("b"));
  assert.deepEqual(names(await take(subscription, 1)), ["b"]);
});

test("stored events only: the stream ends after them", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  hub.append(exit("a"));
  hub.append(exit("b"));
  assert.deepEqual(names(await stored(hub)), ["a", "b"]);
  assert.equal(hub.subscribers, 0);
});

test("an id's stream has that id's events only, stored and live", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  for (const id of ["a", "b", "a"]) hub.append(exit(id));
  const subscription = hub.subscribe({ after: 0n, id: "a" });
  for (const id of ["b", "a"]) hub.append(exit(id));
  assert.deepEqual(names(await take(subscription, 3)), ["a", "a", "a"]);
});

test("timestamps increase strictly: a clock that stands still, that is set back, and a restart", async () => {
  using dir = new TempDir();
  const clock = new FakeClock();
  const times: bigint[] = [];
  for (const change of [0n, 0n, -3_600_000_000_000n]) {
    clock.time += change;
    using hub = open(dir, { clock });
    for (let count = 0; count < 3; count += 1) times.push(hub.append(exit("a")).timestamp);
  }
  for (const [index, time] of times.entries())
    assert.ok(index === 0 || time > (times[index - 1] ?? 0n), `${times}`);
  using hub = open(dir, { clock });
  assert.deepEqual(
    (await stored(hub)).map(({ timestamp }) => timestamp),
    times,
  );
});

test("as many events are replayed as are to be retained, neither more nor fewer, before and after a restart", async () => {
  using dir = new TempDir();
  for (const retain of [500, 7, 0]) {
    using hub = open(dir, { retain });
    for (let number = 0; number < 1300; number += 1) hub.append(exit(`c${number}`));
    assert.equal((await stored(hub)).length, retain);
    using again = open(dir, { retain });
    const events = await stored(again);
    assert.equal(events.length, retain);
    if (retain > 0) assert.equal(events.at(-1)?.id, "c1299");
  }
});

test("ten thousand events are replayed whole, then live ones", async () => {
  using dir = new TempDir();
  using hub = open(dir, { retain: 10_000 });
  const timestamps: bigint[] = [];
  for (let number = 0; number < 10_000; number += 1)
    timestamps.push(hub.append(exit(`c${number}`)).timestamp);
  using again = open(dir, { retain: 10_000 });
  const subscription = again.subscribe({ after: 0n, capacity: 1 });
  const live = again.append(exit("live"));
  const events = await take(subscription, 10_001);
  assert.deepEqual(
    events.map(({ timestamp }) => timestamp),
    [...timestamps, live.timestamp],
  );
});

test("a subscriber that does not read gets what it was promised, then its end, and comes back without a loss", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  const slow = hub.subscribe({ capacity: 3 });
  const quick = hub.subscribe();
  for (const id of ["a", "b", "c", "d", "e"]) hub.append(exit(id));
  assert.equal(hub.subscribers, 1);
  assert.deepEqual(names(await take(quick, 5)), ["a", "b", "c", "d", "e"]);
  const got = await take(slow, 3);
  const last = got.at(-1)?.timestamp ?? 0n;
  await assert.rejects(slow.next(), (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, "RESOURCE_EXHAUSTED");
    assert.match(error.message, new RegExp(`come back with timestamp ${last} `));
    return true;
  });
  assert.deepEqual(names(await stored(hub, last)), ["d", "e"]);
});

test("a subscriber whose call is cancelled is forgotten at once", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  const call = new AbortController();
  const subscription = hub.subscribe({ after: 0n, signal: call.signal });
  const next = subscription.next();
  call.abort();
  await assert.rejects(next, { code: "CANCELLED" });
  assert.equal(hub.subscribers, 0);
  const late = hub.subscribe({ signal: call.signal });
  await assert.rejects(late.next(), { code: "CANCELLED" });
  assert.equal(hub.subscribers, 0);
});

test("a loop that is left gives its subscription up", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  hub.append(exit("a"));
  for await (const event of hub.subscribe({ after: 0n })) {
    assert.equal(event.id, "a");
    break;
  }
  assert.equal(hub.subscribers, 0);
});

test("what must have happened before an event is told has happened, and its event is in the log by then", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  const subscription = hub.subscribe();
  let inLog: string[] = [];
  const told: string[] = [];
  void subscription.next().then(() => told.push("told"));
  hub.append(exit("a"), () => {
    using other = open(dir);
    inLog = names(other.stored);
    told.push("removed");
  });
  await Promise.resolve();
  assert.deepEqual(inLog, ["a"]);
  assert.deepEqual(told, ["removed", "told"]);
});

test("an event that another one brings about comes after it, for everybody", async () => {
  using dir = new TempDir();
  using hub = open(dir);
  const subscription = hub.subscribe();
  hub.append(exit("a"), () => void hub.append(exit("b")));
  assert.deepEqual(names(await take(subscription, 2)), ["a", "b"]);
  assert.deepEqual(names(await stored(hub)), ["a", "b"]);
});

test("an event is told even if what it makes superfluous cannot be removed", async () => {
  using dir = new TempDir();
  const logger = new RecordingLogger();
  using hub = open(dir, { logger });
  const subscription = hub.subscribe();
  hub.append(exit("a"), () => {
    throw new Error("busy");
  });
  assert.deepEqual(names(await take(subscription, 1)), ["a"]);
  assert.equal(logger.of("error").length, 1);
});

test("while the log cannot be written events wait, in order, and are told when it can", async (context) => {
  using dir = new TempDir();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const logger = new RecordingLogger();
  using hub = open(dir, { path: dir.file("later/events.log"), logger });
  const subscription = hub.subscribe();
  const removed: string[] = [];
  for (const id of ["a", "b"]) hub.append(exit(id), () => removed.push(id));
  assert.equal(hub.waiting, 2);
  assert.deepEqual(names(await stored(hub)), []);
  context.mock.timers.tick(60_000);
  assert.deepEqual([removed, hub.waiting], [[], 2]);
  assert.equal(logger.of("error").length, 2, "one for opening, one for all attempts to write");
  mkdirSync(dir.file("later"));
  hub.append(exit("c"));
  context.mock.timers.tick(1000);
  assert.deepEqual(removed, ["a", "b"]);
  assert.deepEqual(names(await take(subscription, 3)), ["a", "b", "c"]);
  assert.deepEqual(logger.of("info"), ["the event log can be written again"]);
});

test("what waited for room when the daemon ended is written if there is room by then", async () => {
  using dir = new TempDir();
  const path = dir.file("later/events.log");
  const hub = open(dir, { path });
  hub.append(exit("a"));
  mkdirSync(dir.file("later"));
  hub[Symbol.dispose]();
  using again = open(dir, { path });
  assert.deepEqual(names(await stored(again)), ["a"]);
  rmSync(dir.file("later"), { recursive: true });
});

test("after the end streams end, and nothing is written any more", async () => {
  using dir = new TempDir();
  const hub = open(dir);
  const subscription = hub.subscribe();
  hub[Symbol.dispose]();
  assert.equal((await subscription.next()).done, true);
  assert.equal((await hub.subscribe().next()).done, true);
  hub.append(exit("a"));
  using again = open(dir);
  assert.deepEqual(names(await stored(again)), []);
});
