import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { silentLogger } from "../../base/logger.ts";
import { TempDir } from "../../base/testing/temp.ts";
import { EventHub } from "./hub.ts";

const program = (name: string): string => join(import.meta.dirname, "testing", name);
const retain = 80;

/** Lets a process append until it dies, by `failpoint` or by a signal after so many events. @returns the times that it has told */
async function appendUntilKilled(path: string, failpoint: string, after = Infinity): Promise<bigint[]> {
  const child = spawn(process.execPath, [program("append.ts"), path, String(retain)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, CONTAINERD_TS_FAILPOINT: failpoint },
  });
  let seen = 0;
  child.stdout.on("data", (bytes: Buffer) => {
    seen += bytes.length;
    if (seen > after * 20) child.kill("SIGKILL");
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  assert.equal(child.signalCode, "SIGKILL");
  return output.split("\n").slice(0, -1).map(BigInt);
}

const ways = [
  ...["event.written=kill:1", "event.written=kill:250", "event.rewritten=kill", "event.rewritten=kill:3"],
  ...["event.replaced=kill", "event.replaced=kill:2"],
].map((failpoint) => ({ failpoint, after: Infinity }));

test("whoever kills the daemon, and when: every event that was told is replayed, up to the retained number", async () => {
  using dir = new TempDir();
  const path = dir.file("events.log");
  const told: bigint[] = [];
  for (const { failpoint, after } of [...ways, { failpoint: "", after: 700 }]) {
    told.push(...(await appendUntilKilled(path, failpoint, after)));
    using hub = new EventHub({ path, retain, logger: silentLogger });
    const replay = await Array.fromAsync(hub.subscribe({ after: 0n, storedOnly: true }));
    const times = replay.map(({ timestamp }) => timestamp);
    // the last one may have been written and not told yet
    const expected = times.at(-1) === told.at(-1) ? told : [...told, times.at(-1) ?? 0n];
    assert.deepEqual(times, expected.slice(-retain), failpoint);
    told.splice(0, told.length, ...expected);
  }
});

test("on a full disk events wait, are told in order when there is room again, and survive", {
  skip: process.getuid?.() === 0 ? false : "a file system of its own needs root",
}, () => {
  using dir = new TempDir();
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    [
      ...["--mount", "sh", "-c", 'mount -t tmpfs -o size=32k tmpfs "$1" && exec "$2" "$3" "$1"', "sh"],
      ...[dir.path, process.execPath, program("full-disk.ts")],
    ],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  const { waiting, told, stored, replayed } = JSON.parse(stdout);
  assert.ok(waiting > 0 && waiting <= 200, `${waiting} were waiting`);
  const full = Array.from({ length: 200 }, (_, number) => `full-${number}`);
  assert.deepEqual(told, ["before", ...full, "after"]);
  assert.deepEqual(stored, told.slice(-50));
  assert.deepEqual(replayed, told.slice(-50));
});
