import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cgroups } from "../cgroup/cgroups.ts";
import { repeated } from "./repeated.ts";

/** A v2 cgroup with these files. */
function unified(files: Readonly<Record<string, string>>): { cgroups: Cgroups } & Disposable {
  const root = mkdtempSync(join(tmpdir(), "update-"));
  mkdirSync(join(root, "box"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "box", name), `${text}\n`);
  return {
    cgroups: new Cgroups(
      new Map([["unified", { mountPoint: root, root: "/" }]]),
      new Map([["unified", "/box"]]),
    ),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

test("in v2 the half of cpu.max that is not named is repeated, as runtimes would write a default", () => {
  using tree = unified({ "cpu.max": "50000 200000" });
  assert.deepEqual(repeated({ cpuPeriod: 100_000n }, tree.cgroups), {
    cpuPeriod: 100_000n,
    cpuQuota: 50_000n,
  });
  assert.deepEqual(repeated({ cpuQuota: -1n }, tree.cgroups), { cpuPeriod: 200_000n, cpuQuota: -1n });
  assert.deepEqual(repeated({ cpuShares: 5n }, tree.cgroups), { cpuShares: 5n });
});

test("no quota stays none", () => {
  using tree = unified({ "cpu.max": "max 100000" });
  assert.deepEqual(repeated({ cpuPeriod: 50_000n }, tree.cgroups), { cpuPeriod: 50_000n, cpuQuota: -1n });
});

test("in v2, where swap has a limit of its own, a new memory limit leaves the sum as it is", () => {
  using tree = unified({ "memory.max": "1000", "memory.swap.max": "500" });
  const { cgroups } = tree;
  assert.deepEqual(repeated({ memoryLimit: 1200n }, cgroups), { memoryLimit: 1200n, memorySwap: 1500n });
  assert.deepEqual(repeated({ memorySwap: 2000n }, cgroups), { memoryLimit: 1000n, memorySwap: 2000n });
  assert.throws(() => repeated({ memoryLimit: 1600n }, cgroups), { code: "INVALID_ARGUMENT" });
  assert.deepEqual(repeated({ memoryReservation: 7n }, cgroups), { memoryReservation: 7n });
});

test("no limit of the sum says nothing of swap, whose own limit stays", () => {
  using tree = unified({ "memory.max": "max", "memory.swap.max": "500" });
  assert.deepEqual(repeated({ memoryLimit: 1200n }, tree.cgroups), { memoryLimit: 1200n });
});
