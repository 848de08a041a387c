import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";
import { checkId, isId } from "./ids.ts";
import { signalName, signalNumber } from "./signal-names.ts";

test("durations are read as Go writes them", () => {
  const cases: readonly (readonly [string, number])[] = [
    ...([
      ["0", 0],
      ["30s", 30_000],
      ["5m0s", 300_000],
      ["1.5h", 5_400_000],
      ["100ms", 100],
    ] as const),
    ...([
      ["2m", 120_000],
      ["-1s", -1000],
      ["+3s", 3000],
      [".5s", 500],
      ["1h0m0.5s", 3_600_500],
      ["250µs", 0.25],
    ] as const),
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
  for (const text of ["", "5", "s", "1d", "1s2", "1 s", "--1s", "1e3s", "Infinity"])
    assert.throws(() => parseDuration(text), new RegExp(`invalid duration ${JSON.stringify(text)}`));
});

test("durations are printed as Go prints them", () => {
  const cases = {
    "0s": 0,
    "5m0s": 300_000,
    "1h30m0s": 5_400_000,
    "1.5s": 1500,
    "100ms": 100,
    "-2s": -2000,
    "250µs": 0.25,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(formatDuration(ms), text);
});

test("signals are known by every name that people give them", () => {
  for (const text of ["9", "KILL", "SIGKILL", "kill", "sigkill"]) assert.equal(signalNumber(text), 9, text);
  const realTime = { RTMIN: 34, "SIGRTMIN+1": 35, "RTMAX-1": 63, SIGRTMAX: 64 };
  for (const [text, number] of Object.entries(realTime)) assert.equal(signalNumber(text), number, text);
  for (const text of ["0", "65", "", "SIG", "RTMIN-1", "RTMAX+1", "NONE", "-9", "constructor"])
    assert.equal(signalNumber(text), undefined, text);
  for (const number of Object.values(constants.signals))
    assert.equal(signalNumber(signalName(number)), number);
  assert.deepEqual([signalName(9), signalName(6), signalName(40)], ["SIGKILL", "SIGABRT", "40"]);
});

test("an id may become part of a path, and nothing else may", () => {
  for (const id of ["a", "0", "a.b_c-D", "a".repeat(255), "a..b"]) assert.ok(isId(id), id);
  for (const id of ["", ".", "..", ".a", "-a", "_a", "a/b", "a\n", "a\0b", "ä", "a b", "a".repeat(256)])
    assert.throws(() => checkId("container id", id), {
      code: "INVALID_ARGUMENT",
      message: /^invalid container id/,
    });
  assert.throws(
    () => checkId("container id", "/".repeat(9999)),
    (error: Error) => error.message.length < 300,
  );
});
