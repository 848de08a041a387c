import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ProcessDir } from "./layout.ts";
import { writeProcessRecord } from "./process-record.ts";

test("an unlimited limit is written as the number that a runtime can read, and strings stay as they are", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "process-record-"));
  try {
    const env = ['A={"soft":18446744073709552000}'];
    writeProcessRecord(new ProcessDir(directory), {
      ...{
        exec: true,
        stdin: "",
        stdout: "",
        stderr: "",
        runtimeArgs: [],
        noPivotRoot: false,
        rootUID: 0,
        rootGID: 0,
      },
      ...{ user: { uid: 0, gid: 0 }, args: ["a"], cwd: "/", env },
      rlimits: [{ type: "RLIMIT_CORE", soft: 5, hard: Number(2n ** 64n - 1n) }],
    });
    const text = readFileSync(path.join(directory, "process.json"), "utf8");
    assert.match(text, /"soft":5,"hard":18446744073709551615}/);
    assert.deepEqual(JSON.parse(text).env, env);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
