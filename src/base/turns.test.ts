import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

/** Lets everything that is ready go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes a turn and writes down when it comes. */
function line(turns: Turns): {
  readonly log: string[];
  readonly take: (name: string, mode: "shared" | "exclusive", signal?: AbortSignal) => Promise<Disposable>;
} {
  const log: string[] = [];
  return {
    log,
    take: async (name, mode, signal) => {
      const turn = await turns[mode]("c", signal);
      log.push(name);
      return turn;
    },
  };
}

test("shared turns run side by side, an exclusive one alone, in the order in which they came", async () => {
  const turns = new Turns();
  const { log, take } = line(turns);
  const first = take("shared 1", "shared");
  const second = take("shared 2", "shared");
  const alone = take("exclusive", "exclusive");
  const third = take("shared 3", "shared");
  await settle();
  assert.deepEqual(log, ["shared 1", "shared 2"]);
  assert.equal(turns.waiting, 2);
  (await first)[Symbol.dispose]();
  await settle();
  assert.equal(log.length, 2, "the exclusive turn waits for both");
  (await second)[Symbol.dispose]();
  await settle();
  assert.deepEqual(log.slice(2), ["exclusive"]);
  (await alone)[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  assert.deepEqual(log.slice(3), ["shared 3"]);
});

test("a turn on one key waits for none on another", async () => {
  const turns = new Turns();
  using _one = await turns.exclusive("a");
  using _other = await turns.exclusive("b");
});

test("whoever gives up waiting lets those behind it go on", async () => {
  const turns = new Turns();
  const { log, take } = line(turns);
  using _held = await take("held", "shared");
  const impatient = new AbortController();
  const gone = take("exclusive", "exclusive", impatient.signal);
  const behind = take("behind", "shared");
  await settle();
  assert.deepEqual(log, ["held"]);
  impatient.abort();
  await assert.rejects(gone, { code: "CANCELLED" });
  using _behind = await behind;
  assert.deepEqual(log, ["held", "behind"]);
  await assert.rejects(take("late", "shared", impatient.signal), { code: "CANCELLED" });
});

test("a turn that is over twice is over once", async () => {
  const turns = new Turns();
  const first = await turns.shared("a");
  using _second = await turns.shared("a");
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const limit = new AbortController();
  const exclusive = turns.exclusive("a", limit.signal);
  await settle();
  assert.equal(turns.waiting, 1);
  limit.abort();
  await assert.rejects(exclusive);
});
