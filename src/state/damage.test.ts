import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../base/errors.ts";
import { TempDir } from "../base/testing/temp.ts";
import { readContainerRecord } from "./container-record.ts";
import { readExitRecord } from "./exit-record.ts";
import { readIdentity, readPidFile } from "./identity.ts";
import { StateDir } from "./layout.ts";
import { readProcessRecord } from "./process-record.ts";

const names = fc.constantFrom(
  ...[
    "id",
    "instance",
    "bundle",
    "shim",
    "runtime",
    "bootId",
    "created",
    "ownPidNamespace",
    "labels",
    "user",
  ],
  ...[
    "args",
    "env",
    "cwd",
    "exec",
    "terminal",
    "checkpoint",
    "rootUID",
    "pid",
    "startTime",
    "status",
    "at",
    "__proto__",
  ],
);
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("c", "/", "..", "0123456789abcdef", "1", 1, true, {}, []),
);
const content = fc.oneof(
  fc.dictionary(names, odd).map((value) => Buffer.from(JSON.stringify(value))),
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);

test("whatever a file holds, reading it gives a record or one sentence, and never a record of another container", () => {
  using dir = new TempDir();
  const container = new StateDir(dir.path).container("c");
  const process = container.process("init");
  mkdirSync(process.path, { recursive: true });
  const reads: readonly (readonly [string, () => unknown])[] = [
    [container.stateFile, () => readContainerRecord(container, "c")],
    [process.processFile, () => readProcessRecord(process)],
    [process.identityFile, () => readIdentity(process)],
    [process.exitFile, () => readExitRecord(process)],
    [process.pidFile, () => readPidFile(process)],
  ];
  fc.assert(
    fc.property(content, (bytes) => {
      for (const [path, read] of reads) {
        writeFileSync(path, bytes);
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof Failure && error.code === "INVALID_ARGUMENT", String(error));
          assert.ok(error.message.startsWith(path), error.message);
        }
      }
      const record = tried(() => readContainerRecord(container, "c"));
      assert.ok(record === undefined || (record.id === "c" && !record.shim.includes("/")));
    }),
    { numRuns: 300 },
  );
});

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
