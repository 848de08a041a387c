import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { silentLogger } from "../../src/base/logger.ts";
import { EventHub } from "../../src/supervisor/events/hub.ts";
import type { ApiEvent } from "../harness/api-client.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const retain = 10_000;
const fromTheBeginning = { timestamp: { seconds: 0n, nanos: 0 } };
const seed = (number: number): string => `seed-${number}`;
const seeds = Array.from({ length: retain }, (_, number) => seed(number));
const timeOf = ({ timestamp }: ApiEvent): bigint =>
  (timestamp?.seconds ?? 0n) * 1_000_000_000n + BigInt(timestamp?.nanos ?? 0);

/** A daemon whose log is full of the exits of containers that are long gone. */
async function daemonWithHistory(): Promise<TestDaemon> {
  const daemon = await TestDaemon.start({ flags: [`--retain-count=${retain}`] });
  await daemon.end();
  const path = join(daemon.stateDir, "events.log");
  using hub = new EventHub({ path, retain, logger: silentLogger });
  for (const id of seeds) hub.append({ type: "exit", id, pid: "init", status: 0, instance: "" });
  await daemon.launch();
  return daemon;
}

describe("ten thousand stored events", () => {
  it("are replayed whole and in order, with live ones after them, and alone where only stored ones are asked for", async () => {
    await using daemon = await daemonWithHistory();
    const stored = daemon.events({ ...fromTheBeginning, storedOnly: true });
    await until("the stored events have come", () => stored.ended !== undefined);
    assert.equal(stored.ended, 0);
    assert.deepEqual(
      stored.all.map(({ id }) => id),
      seeds,
    );
    const all = daemon.events(fromTheBeginning);
    const { id } = await daemon.run("live", ["true"]);
    await all.exit(id);
    assert.deepEqual(
      all.all.slice(0, retain).map(({ id }) => id),
      seeds,
    );
    assert.deepEqual(all.of(id), ["start-container", "exit init 0"]);
    const times = all.all.map(timeOf);
    assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0n)));
    const later = daemon.events({
      timestamp: {
        seconds: (times[retain] ?? 0n) / 1_000_000_000n,
        nanos: Number((times[retain] ?? 0n) % 1_000_000_000n),
      },
      storedOnly: true,
    });
    await until("the later events have come", () => later.ended !== undefined);
    assert.deepEqual(
      later.all.map(({ type }) => type),
      ["exit"],
    );
  });

  it("hold up nobody else where their subscriber does not read, and are all there when it does", async () => {
    await using daemon = await daemonWithHistory();
    using stuck = daemon.connect();
    const stream = stuck.events(fromTheBeginning);
    stream.on("error", () => {});
    const got: string[] = [];
    await once(stream, "readable");
    const live = daemon.events();
    const { id } = await daemon.run("meanwhile", ["true"]);
    await live.exit(id);
    stream.on("data", (event: ApiEvent) => got.push(event.id));
    await until("the slow subscriber has everything", () => got.length >= retain + 2);
    assert.deepEqual(got, [...seeds, id, id]);
    stream.cancel();
  });

  it("and a hundred subscribers: each hears everything once", async () => {
    await using daemon = await daemonWithHistory();
    const witness = daemon.events(fromTheBeginning);
    await until("the witness has the history", () => witness.all.length === retain);
    // whenever their calls arrive, what follows the history is theirs
    const { timestamp } = witness.all.at(-1) ?? {};
    assert.ok(timestamp);
    const subscribers = Array.from({ length: 100 }, () => daemon.events({ timestamp }));
    const containers = await Promise.all(
      Array.from({ length: 5 }, (_, number) => daemon.run(`c${number}`, ["true"])),
    );
    for (const { id } of containers) await witness.exit(id);
    for (const subscriber of subscribers) {
      for (const { id } of containers) {
        await subscriber.exit(id);
        assert.deepEqual(subscriber.of(id), ["start-container", "exit init 0"]);
      }
    }
  });
});

describe("the event log of a daemon that was killed", () => {
  it("keeps what came before a torn last line, and says that it was torn", async () => {
    await using daemon = await TestDaemon.start();
    const seen = daemon.events();
    for (const name of ["a", "b"]) await seen.exit((await daemon.run(name, ["true"])).id);
    await daemon.end();
    const path = join(daemon.stateDir, "events.log");
    truncateSync(path, statSync(path).size - 5);
    await daemon.launch();
    const again = daemon.events(fromTheBeginning);
    const { id } = await daemon.run("c", ["true"]);
    await again.exit(id);
    assert.deepEqual(again.of(daemon.id("a")), ["start-container", "exit init 0"]);
    assert.deepEqual(again.of(id), ["start-container", "exit init 0"]);
    assert.match(daemon.log(), /torn last line/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) JSON.parse(line);
  });

  it("has as many events as are to be retained, over lives and kills", async () => {
    await using daemon = await TestDaemon.start({ flags: ["--retain-count=5"] });
    for (const name of ["a", "b", "c", "d"]) {
      const seen = daemon.events();
      await seen.exit((await daemon.run(name, ["true"])).id);
      await daemon.restart();
    }
    const stored = daemon.events({ ...fromTheBeginning, storedOnly: true });
    await until("the stored events have come", () => stored.ended !== undefined);
    assert.deepEqual(
      stored.all.map(({ id, type }) => `${id.slice(-1)} ${type}`),
      ["b exit", "c start-container", "c exit", "d start-container", "d exit"],
    );
  });
});
