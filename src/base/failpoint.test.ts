import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** Passes create.recorded three times and exit.logged once. @returns what was reached, and how it ended */
function pass(armed: string): { readonly reached: string; readonly signal: string | null } {
  const source = `
    import { writeSync } from "node:fs";
    import { failpoint } from ${JSON.stringify(join(import.meta.dirname, "failpoint.ts"))};
    for (const name of ["create.recorded", "create.recorded", "create.recorded", "exit.logged"]) {
      try { failpoint(name); writeSync(1, "."); } catch (error) { writeSync(1, "[" + error.message + "]"); }
    }`;
  const { stdout, signal } = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", source], {
    encoding: "utf8",
    env: { ...process.env, CONTAINERD_TS_FAILPOINT: armed },
  });
  return { reached: stdout, signal };
}

test("a moment that a test has armed kills or fails at the passing that it names, and no other", () => {
  assert.deepEqual(pass(""), { reached: "....", signal: null });
  assert.deepEqual(pass("create.recorded=kill"), { reached: "", signal: "SIGKILL" });
  assert.deepEqual(pass("create.recorded=kill:3"), { reached: "..", signal: "SIGKILL" });
  assert.deepEqual(pass("create.recorded=error:2,exit.logged=error"), {
    reached: ".[failpoint create.recorded].[failpoint exit.logged]",
    signal: null,
  });
});

test("the names are in order, so that one is found, and added, in its place", () => {
  const source = readFileSync(join(import.meta.dirname, "failpoint.ts"), "utf8");
  const names = [...source.matchAll(/^ {2}\| "([^"]+)"/gm)].map(([, name]) => name);
  assert.ok(names.length > 10);
  assert.deepEqual(names, [...names].sort());
});
