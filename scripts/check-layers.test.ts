import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { check, fault, importsOf } from "./check-layers.ts";

const value = (specifier: string) => ({ specifier, typeOnly: false });
const type = (specifier: string) => ({ specifier, typeOnly: true });

test("every form of import is seen, and whether it leaves anything behind", () => {
  const source = [
    'import a from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import { type C, type D } from "./c.ts";',
    "import {\n  type E,\n  f,\n} from './e.ts';",
    'export * from "./g.ts";',
    'export type { H } from "./h.ts";',
    'import "./i.ts";',
    'const j = await import("./j.ts");',
  ].join("\n");
  assert.deepEqual(importsOf(source), [
    value("./a.ts"),
    type("./b.ts"),
    type("./c.ts"),
    value("./e.ts"),
    value("./g.ts"),
    type("./h.ts"),
    value("./i.ts"),
    value("./j.ts"),
  ]);
});

test("an import in a comment is none", () => {
  assert.deepEqual(importsOf('// import a from "./a.ts";\n/*\nimport b from "./b.ts";\n*/'), []);
});

test("an arrow that the design has is allowed", () => {
  assert.equal(fault("src/api/state.ts", value("../supervisor/task.ts")), undefined);
  assert.equal(fault("src/shim/main.ts", value("../runtime/cli.ts")), undefined);
  assert.equal(fault("src/daemon/main.ts", value("../sys/index.ts")), undefined);
  assert.equal(fault("src/oci/spec.ts", value("./state.ts")), undefined);
});

test("an arrow against the layers is a fault that says what is allowed", () => {
  assert.equal(fault("src/base/clock.ts", value("../sys/index.ts")), "src/base imports nothing of ours");
  assert.equal(
    fault("src/ctr/list.ts", value("../supervisor/task.ts")),
    "src/ctr may import client, oci, base only",
  );
  assert.match(fault("src/shim/main.ts", value("../runtime/container.ts")) ?? "", /may import runtime\/cli/);
  assert.match(fault("src/daemon/main.ts", value("../client/index.ts")) ?? "", /may import/);
});

test("the kernel is handed in: only the programs import it", () => {
  const reason = "the kernel is handed in by the programs, so that a fake can be";
  assert.equal(fault("src/supervisor/worker.ts", type("../sys/sys.ts")), undefined);
  assert.equal(fault("src/supervisor/worker.ts", value("../sys/wait-status.ts")), undefined);
  assert.equal(
    fault("src/supervisor/worker.ts", value("../sys/sys.ts")),
    "src/supervisor may import types only from src/sys",
  );
  assert.equal(fault("src/runtime/container.ts", value("../sys/linux.ts")), reason);
  assert.equal(fault("src/supervisor/worker.ts", type("../sys/linux/fifo.ts")), reason);
  assert.equal(fault("src/daemon/main.ts", value("../sys/linux.ts")), undefined);
});

test("test helpers are for tests, and tests may import anything", () => {
  assert.equal(fault("src/api/state.ts", value("../base/testing/clock.ts")), "test helpers are for tests");
  assert.equal(fault("src/api/state.test.ts", value("../base/testing/clock.ts")), undefined);
  assert.equal(fault("src/base/clock.test.ts", value("../daemon/main.ts")), undefined);
});

test("a package that belongs to one layer is a fault in the others", () => {
  assert.equal(fault("src/sys/libc.ts", value("koffi")), undefined);
  assert.equal(fault("src/shim/main.ts", value("koffi")), "only src/sys calls libc");
  assert.match(fault("src/daemon/main.ts", value("node:child_process")) ?? "", /reaper/);
  assert.match(fault("src/daemon/main.ts", value("child_process")) ?? "", /reaper/);
});

test("the script prints FILE imports FILE: reason and exits with 1", () => {
  const root = mkdtempSync(path.join(tmpdir(), "containerd-ts-layers-"));
  try {
    mkdirSync(path.join(root, "src/base"), { recursive: true });
    mkdirSync(path.join(root, "scripts"));
    writeFileSync(path.join(root, "package.json"), '{"type":"module"}');
    writeFileSync(path.join(root, "src/base/bad.ts"), 'import { x } from "../api/x.ts";\n');
    cpSync(path.join(import.meta.dirname, "check-layers.ts"), path.join(root, "scripts/check-layers.ts"));
    const { stdout, status } = spawnSync(process.execPath, [path.join(root, "scripts/check-layers.ts")], {
      encoding: "utf8",
    });
    assert.equal(stdout, "src/base/bad.ts imports ../api/x.ts: src/base imports nothing of ours\n");
    assert.equal(status, 1);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a project without src has no faults", () => {
  assert.deepEqual(check("/nonexistent"), []);
});
