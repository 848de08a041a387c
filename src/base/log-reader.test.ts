import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readLog } from "./log-reader.ts";
import { cutLines, type LogStream, logTime, longestRecord } from "./log-record.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-"));
  path = join(directory, "output.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (log: string, second = 0, stream: LogStream = "stdout"): string =>
  `${JSON.stringify({ time: logTime(BigInt(second) * 1_000_000_000n), stream, log })}\n`;
const texts = async (options?: Parameters<typeof readLog>[1]): Promise<string> =>
  (await Array.fromAsync(readLog(path, options))).map(({ log }) => log).join("");

describe("a log", () => {
  test("is read over its rotations, the oldest first", async () => {
    writeFileSync(`${path}.2`, line("1\n"));
    writeFileSync(`${path}.1`, line("2\n"));
    writeFileSync(path, line("3\n"));
    assert.equal(await texts(), "1\n2\n3\n");
  });

  test("loses no more than the lines that are damaged", async () => {
    writeFileSync(path, `${line("1\n")}{"time":"2\n\0\0\0\n{}\n${line("3\n")}{"time`);
    assert.equal(await texts(), "1\n3\n");
  });

  test("may be read from a moment on", async () => {
    writeFileSync(path, line("1\n", 1) + line("2\n", 2) + line("3\n", 3));
    assert.equal(await texts({ since: logTime(2_000_000_000n) }), "2\n3\n");
  });

  test("has last lines, of which one may be several records and one unfinished", async () => {
    writeFileSync(path, line("1\n") + line("2a") + line("e\n", 0, "stderr") + line("2b\n") + line("end"));
    assert.equal(await texts({ tail: 3 }), "2a2b\ne\nend");
    assert.equal(await texts({ tail: 1 }), "end");
    assert.equal(await texts({ tail: 0 }), "");
    assert.equal(await texts({ tail: 100 }), "1\n2a2b\ne\nend");
  });

  test("that is not there says so", async () => {
    await assert.rejects(texts(), { code: "ENOENT" });
  });

  test("is followed over its rotations, until what is awaited, and what came before that is read", async () => {
    writeFileSync(path, line("1\n"));
    const { promise, resolve } = Promise.withResolvers<void>();
    let seen = "";
    for await (const { log } of readLog(path, { until: promise })) {
      seen += log;
      if (log === "1\n") {
        appendFileSync(path, line("2\n"));
        renameSync(path, `${path}.1`);
        writeFileSync(path, line("3\n"));
        renameSync(`${path}.1`, `${path}.2`);
        renameSync(path, `${path}.1`);
        writeFileSync(path, line("4\n"));
      }
      if (log === "4\n") {
        appendFileSync(path, line("5\n"));
        resolve();
      }
    }
    assert.equal(seen, "1\n2\n3\n4\n5\n");
  });
});

test("what was read is cut after each newline, and what has none where it is too long, but within no character", () => {
  assert.deepEqual(cutLines("a\n\nb"), ["a\n", "\n", "b"]);
  const long = `${"x".repeat(longestRecord - 1)}😀y`;
  assert.deepEqual(cutLines(long), ["x".repeat(longestRecord - 1), "😀y"]);
});

test("a time has nine decimals, so that times are in order as texts", () => {
  assert.equal(logTime(1_700_000_000_000_000_001n), "2023-11-14T22:13:20.000000001Z");
  assert.equal(logTime(1_700_000_000_120_000_000n), "2023-11-14T22:13:20.120000000Z");
});
