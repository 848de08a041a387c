import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/base/errors.ts";
import { Fields } from "../../src/base/fields.ts";
import { isId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { readSpec } from "../../src/oci/read-spec.ts";
import { lineSplitter } from "../../src/shim/lines.ts";
import { adoptRequest, launchRequest, processKey } from "../../src/shim/requests.ts";
import { readContainerRecord, writeContainerRecord } from "../../src/state/container-record.ts";
import { readExitRecord, writeExitRecord } from "../../src/state/exit-record.ts";
import { readIdentity, readPidFile, writeIdentity } from "../../src/state/identity.ts";
import { StateDir } from "../../src/state/layout.ts";
import { readOomsTold, writeOomsTold } from "../../src/state/oom-record.ts";
import { readProcessRecord, writeProcessRecord } from "../../src/state/process-record.ts";
import { readLog } from "../../src/supervisor/events/read-log.ts";
import { tempDir } from "../harness/temp.ts";
import { runs } from "./runs.ts";

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, "", "..", "../x", "/", "c", -1, 1.5, 1e300, 2 ** 53, [], {}, true, "1", "-1", "a\0b"),
);

/** A file as it was written, in which somebody has been: bytes flipped, cut, doubled, fields changed, or something else altogether. */
function damaged(whole: string): fc.Arbitrary<Buffer> {
  const bytes = Buffer.from(whole);
  const place = fc.nat(Math.max(bytes.length - 1, 0));
  const flipped = fc.tuple(place, fc.nat(255)).map(([at, value]) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  });
  const cut = place.map((end) => bytes.subarray(0, end));
  const doubled = place.map((at) => Buffer.concat([bytes.subarray(0, at), bytes]));
  const parsed: unknown = JSON.parse(whole);
  const names = Object.keys(Object(parsed) as object);
  const changed = fc.tuple(fc.constantFrom(...names, "__proto__"), odd).map(([name, value]) => {
    const fields = Object.entries(Object(parsed) as object).filter(([other]) => other !== name);
    return Buffer.from(JSON.stringify(Object.fromEntries([...fields, [name, value]])));
  });
  const other = fc
    .oneof(fc.json(), fc.string(), fc.constant("[".repeat(50_000)))
    .map((text) => Buffer.from(text));
  return fc.oneof(
    flipped,
    cut,
    doubled,
    changed,
    other,
    fc.uint8Array().map((raw) => Buffer.from(raw)),
  );
}

const record = {
  ...{
    id: "c",
    instance: "0123456789abcdef",
    bundle: "/b",
    labels: ["a=b"],
    runtime: "runc",
    shim: "shared",
  },
  ...{
    runtimeArgs: [],
    noPivotRoot: false,
    stdin: "",
    stdout: "",
    stderr: "",
    bootId: "boot",
    cgroupsPath: "",
  },
  ...{ created: 1n, ownPidNamespace: true },
};
const processRecord = {
  ...{ terminal: false, user: { uid: 0, gid: 0 }, args: ["sh"], env: ["PASSWORD=hunter2"], cwd: "/" },
  ...{ exec: true, stdin: "", stdout: "", stderr: "", runtimeArgs: [], noPivotRoot: false },
  ...{ rootUID: 0, rootGID: 0 },
};

test("a state file in which somebody has been is read as what it may mean, or refused by name, without its secrets", async () => {
  await using directory = await tempDir();
  const container = new StateDir(directory.path).container("c");
  const init = container.process("init");
  mkdirSync(init.path, { recursive: true });
  writeContainerRecord(container, record);
  writeProcessRecord(init, processRecord);
  writeIdentity(init, { pid: 7, startTime: 9n, bootId: "boot" });
  writeExitRecord(init, { status: 3, at: 5n });
  writeOomsTold(container, 4n);
  writeFileSync(init.pidFile, "7");
  const files: readonly (readonly [path: string, read: () => unknown])[] = [
    [container.stateFile, () => checkRecord(readContainerRecord(container, "c"))],
    [init.processFile, () => readProcessRecord(init)],
    [init.identityFile, () => checkPid(readIdentity(init)?.pid)],
    [init.exitFile, () => checkStatus(readExitRecord(init)?.status)],
    [init.pidFile, () => checkPid(readPidFile(init))],
    [container.oomFile, () => readOomsTold(container)],
  ];
  for (const [path, read] of files) {
    fc.assert(
      fc.property(damaged(readFileSync(path, "utf8")), (bytes) => {
        writeFileSync(path, bytes);
        refusedByName(path, read);
      }),
      runs(200),
    );
  }
});

function checkRecord(read: ReturnType<typeof readContainerRecord>): void {
  if (read === undefined) return;
  assert.equal(read.id, "c");
  assert.ok(isId(read.shim));
  assert.match(read.instance, /^[0-9a-f]{16}$/);
}

const checkPid = (pid = 1): void => assert.ok(Number.isInteger(pid) && pid >= 1 && pid <= 4_194_304);
const checkStatus = (status = 0): void => assert.ok(Number.isInteger(status) && status >= 0 && status <= 255);

function refusedByName(path: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    checkRefusal(error, path);
  }
}

function checkRefusal(error: unknown, path: string): void {
  if (!(error instanceof Failure)) throw error;
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.ok(error.message.includes(path), error.message);
  assert.ok(!error.message.includes("hunter2"), error.message);
  assert.ok(error.message.length < 1000, error.message.slice(0, 200));
}

test("a config.json in which somebody has been is a specification, or refused by name, without its secrets", async () => {
  await using directory = await tempDir();
  const path = join(directory.path, "config.json");
  const config = {
    ociVersion: "1.0.2",
    process: { args: ["sh"], cwd: "/", env: ["PASSWORD=hunter2"], user: { uid: 0, gid: 0 } },
    root: { path: "rootfs" },
    linux: { namespaces: [{ type: "pid" }], uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] },
  };
  await fc.assert(
    fc.asyncProperty(damaged(JSON.stringify(config)), async (bytes) => {
      writeFileSync(path, bytes);
      const spec = await readSpec(directory.path).catch((error: unknown) => checkRefusal(error, path));
      if (spec === undefined) return;
      assert.ok((spec.process?.args.length ?? 0) > 0 && spec.process?.cwd.startsWith("/"));
    }),
    runs(400),
  );
});

test("an event log in which somebody has been gives events in order, none twice, and costs no more than the lines it hit", async () => {
  await using directory = await tempDir();
  const path = join(directory.path, "events.log");
  const lines = Array.from({ length: 20 }, (_, n) =>
    JSON.stringify({
      type: "exit",
      id: "c",
      pid: "init",
      status: n,
      timestamp: String(n + 1),
      instance: "i",
    }),
  );
  const edits = fc.array(
    fc.tuple(fc.nat(lines.length), fc.oneof(fc.string(), fc.json(), fc.constant("\0".repeat(99)))),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(edits, fc.nat(60), (inserted, cut) => {
      const all = [...lines];
      for (const [at, text] of inserted) all.splice(at, 0, text);
      const bytes = Buffer.from(`${all.join("\n")}\n`);
      writeFileSync(path, bytes.subarray(0, bytes.length - cut));
      const fd = openSync(path, "r");
      try {
        const { events } = readLog(fd, path, 1000, silentLogger);
        const statuses = events.map(({ status }) => status);
        assert.deepEqual(
          statuses,
          [...new Set(statuses)].sort((a, b) => a - b),
        );
        // each of ours is longer than the cut, which can so hit one at most
        assert.ok(events.length >= lines.length - (cut === 0 ? 0 : 1));
      } finally {
        closeSync(fd);
      }
    }),
    runs(300),
  );
});

test("a line of the shim's protocol is a request that makes sense, or refused in words", () => {
  const keys = fc.record(
    {
      ...{
        container: fc.oneof(fc.constantFrom("a", "..", "a/b", ""), odd),
        process: fc.oneof(fc.constant("p"), odd),
      },
      ...{ bundle: odd, runtime: odd, directory: fc.oneof(fc.constantFrom("/d", "d", "../d"), odd) },
      ...{ pid: odd, startTime: odd, daemonPid: odd, held: odd },
    },
    { requiredKeys: [] },
  );
  const line = fc.oneof(
    keys.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string(),
  );
  fc.assert(
    fc.property(line, (text) => {
      for (const read of [processKey, launchRequest, adoptRequest]) {
        try {
          const request = read(Fields.parse("a request", text));
          assert.ok(isId(request.container) && isId(request.process));
          if ("directory" in request) assert.ok(String(request.directory).startsWith("/"));
        } catch (error) {
          assert.ok(error instanceof Failure && error.code === "INVALID_ARGUMENT", String(error));
        }
      }
    }),
    runs(1000),
  );
});

test("lines come out as they went in, wherever the socket cuts them", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(20), { minLength: 1 }), (lines, cuts) => {
      const heard: string[] = [];
      const feed = lineSplitter((text) => heard.push(text), 100);
      const text = lines.map((each) => `${each}\n`).join("");
      let at = 0;
      for (let n = 0; at < text.length; n += 1) {
        const length = 1 + (cuts[n % cuts.length] ?? 0);
        feed(text.slice(at, at + length));
        at += length;
      }
      assert.deepEqual(heard, lines);
    }),
    runs(300),
  );
});
