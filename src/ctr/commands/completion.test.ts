import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProgram } from "../program.ts";
import { candidates } from "./completion.ts";

/** What the last word of a line may become. */
async function after(line: string): Promise<string[]> {
  const words = line.split(" ");
  return await candidates(makeProgram(), words.slice(0, -1), words.at(-1) ?? "", async () => [
    "web",
    "worker",
  ]);
}

test("commands and their commands are completed", async () => {
  assert.deepEqual(await after("ver"), ["version"]);
  assert.deepEqual(await after("containers st"), ["start", "state", "stats"]);
  assert.deepEqual(await after("c pa"), ["pause"]);
  assert.ok(!(await after("")).includes("complete"));
});

test("options are completed, the global ones only where they are shown", async () => {
  assert.deepEqual(await after("containers start --checkpoint"), ["--checkpoint", "--checkpoint-dir"]);
  assert.deepEqual(await after("containers start --addr"), []);
  assert.deepEqual(await after("--addr"), ["--address"]);
});

test("containers are completed where a container may stand", async () => {
  assert.deepEqual(await after("containers kill w"), ["web", "worker"]);
  assert.deepEqual(await after("containers kill -s TERM wo"), ["worker"]);
  assert.deepEqual(await after("containers kill -s w"), []);
  assert.deepEqual(await after("containers exec --id we"), ["web"]);
  assert.deepEqual(await after("stop web w"), ["web", "worker"]);
  assert.deepEqual(await after("run w"), []);
  assert.deepEqual(await after("exec web w"), []);
});
