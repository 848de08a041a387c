import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { TempDir } from "../base/testing/temp.ts";
import { type ContainerRecord, readContainerRecord, writeContainerRecord } from "./container-record.ts";
import { readExitRecord, writeExitRecord } from "./exit-record.ts";
import { type Identity, readIdentity, readPidFile, writeIdentity } from "./identity.ts";
import { type ContainerDir, type ProcessDir, StateDir } from "./layout.ts";
import { type ProcessRecord, readProcessRecord, writeProcessRecord } from "./process-record.ts";

interface Place extends Disposable {
  readonly container: ContainerDir;
  readonly process: ProcessDir;
}

/** The directories of container c and its init. */
function place(): Place {
  const temp = new TempDir();
  const container = new StateDir(temp.path).container("c");
  const process = container.process("init");
  mkdirSync(process.path, { recursive: true });
  return { container, process, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

const container: ContainerRecord = {
  ...{ id: "c", instance: "0123456789abcdef", bundle: "/b", labels: ["a=b"], runtime: "runc" },
  ...{
    runtimeArgs: ["--debug"],
    shim: "shared-1",
    noPivotRoot: true,
    stdin: "/i",
    stdout: "/o",
    stderr: "/e",
  },
  ...{ bootId: "boot", created: 1_700_000_000_123_456_789n, ownPidNamespace: true, cgroupsPath: "/a/b" },
};

const record: ProcessRecord = {
  ...{
    terminal: true,
    user: { uid: 1, gid: 2, additionalGids: [3] },
    args: ["sh"],
    env: ["P=secret"],
    cwd: "/",
  },
  ...{ capabilities: { bounding: ["CAP_KILL"] }, rlimits: [{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }] },
  ...{ exec: true, stdin: "/i", stdout: "", stderr: "", runtimeArgs: ["--x"], noPivotRoot: false },
  ...{ checkpoint: "/c/p", rootUID: 100_000, rootGID: 100_001 },
};

const identity: Identity = { pid: 4_194_304, startTime: 2n ** 60n + 1n, bootId: "boot" };

test("the files are where the contract of daemon and shim says", () => {
  const state = new StateDir("/s");
  const { path } = state.container("c").process("e");
  assert.deepEqual(
    [
      state.lock,
      state.eventsLog,
      state.shim("n").socket,
      state.shim("n").log,
      state.container("c").stateFile,
    ],
    ["/s/lock", "/s/events.log", "/s/shims/n/socket", "/s/shims/n/log", "/s/containers/c/state.json"],
  );
  const { processFile, pidFile, identityFile, exitFile, runtimeLog } = state.container("c").process("e");
  assert.deepEqual(
    [processFile, pidFile, identityFile, exitFile, runtimeLog].map((file) => file.slice(path.length + 1)),
    ["process.json", "pid", "starttime", "exitStatus", "log.json"],
  );
});

test("what was written is read again, and only root may read it", () => {
  using at = place();
  writeContainerRecord(at.container, container);
  writeProcessRecord(at.process, record);
  writeIdentity(at.process, identity);
  writeExitRecord(at.process, { status: 137, at: 1_700_000_000_123_456_789n });
  assert.deepEqual(readContainerRecord(at.container, "c"), container);
  assert.deepEqual(readProcessRecord(at.process), record);
  assert.deepEqual(readIdentity(at.process), identity);
  assert.deepEqual(readExitRecord(at.process), { status: 137, at: 1_700_000_000_123_456_789n });
  const { stateFile } = at.container;
  const { processFile, identityFile, exitFile } = at.process;
  for (const file of [stateFile, processFile, identityFile, exitFile])
    assert.equal(statSync(file).mode & 0o777, 0o600, file);
});

test("a file that is not there is not damaged", () => {
  using at = place();
  assert.equal(readContainerRecord(at.container, "c"), undefined);
  assert.equal(readProcessRecord(at.process), undefined);
  assert.equal(readIdentity(at.process), undefined);
  assert.equal(readExitRecord(at.process), undefined);
  assert.equal(readPidFile(at.process), undefined);
});

test("a damaged file is told with its path and the reason, and without the secrets in it", () => {
  using at = place();
  const { stateFile } = at.container;
  const { processFile, identityFile, exitFile } = at.process;
  const files: readonly (readonly [string, () => unknown])[] = [
    [stateFile, () => readContainerRecord(at.container, "c")],
    [processFile, () => readProcessRecord(at.process)],
    [identityFile, () => readIdentity(at.process)],
    [exitFile, () => readExitRecord(at.process)],
  ];
  for (const [file, read] of files) {
    for (const text of [
      "",
      "\0".repeat(100),
      '{"env":["P=secret',
      "[]",
      "null",
      "{}",
      '{"pid":-1,"status":"secret"}',
    ]) {
      writeFileSync(file, text);
      assert.throws(read, (error: Error & { code?: string }) => {
        assert.equal(error.code, "INVALID_ARGUMENT");
        assert.ok(
          error.message.startsWith(`${file}`) && error.message.includes("is damaged: "),
          error.message,
        );
        assert.ok(!error.message.includes("secret"), error.message);
        return true;
      });
    }
  }
});

test("every field that is missing, or of another kind, is found", () => {
  using at = place();
  const check = (write: () => void, file: string, read: () => unknown, optional: readonly string[]): void => {
    write();
    const whole = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    for (const name of Object.keys(whole)) {
      writeFileSync(file, JSON.stringify({ ...whole, [name]: { odd: true } }));
      if (!passedOn.includes(name))
        assert.throws(read, { code: "INVALID_ARGUMENT" }, `${name} of another kind`);
      writeFileSync(file, JSON.stringify({ ...whole, [name]: undefined }));
      if (optional.includes(name)) read();
      else assert.throws(read, { code: "INVALID_ARGUMENT" }, `${name} missing`);
    }
  };
  const passedOn = ["capabilities", "rlimits", "user"];
  const io = ["stdin", "stdout", "stderr", "runtimeArgs", "noPivotRoot"];
  const readContainer = (): unknown => readContainerRecord(at.container, "c");
  check(() => writeContainerRecord(at.container, container), at.container.stateFile, readContainer, [
    ...io,
    "labels",
  ]);
  const own = ["terminal", "env", "checkpoint", "rootUID", "rootGID", "capabilities", "rlimits"];
  const readProcess = (): unknown => readProcessRecord(at.process);
  check(() => writeProcessRecord(at.process, record), at.process.processFile, readProcess, [...io, ...own]);
  check(
    () => writeIdentity(at.process, identity),
    at.process.identityFile,
    () => readIdentity(at.process),
    [],
  );
});

test("a record that would lead elsewhere is refused: another container's, an odd instance, a shim that is no name", () => {
  using at = place();
  const changes: readonly (readonly [Partial<ContainerRecord>, string])[] = [
    [{ id: "../c" }, "its id is not c"],
    [{ instance: "../../../etc" }, "instance must be 16 hex digits"],
    [{ shim: "../x" }, "shim is no shim's name"],
  ];
  for (const [change, reason] of changes) {
    writeContainerRecord(at.container, { ...container, ...change });
    const message = `${at.container.stateFile} is damaged: ${reason}`;
    assert.throws(() => readContainerRecord(at.container, "c"), { message });
  }
});

test("a status that no process can have, and a pid that none can have, are damage", () => {
  using at = place();
  for (const status of [-1, 256, 1.5]) {
    writeExitRecord(at.process, { status, at: 1n });
    assert.throws(() => readExitRecord(at.process), {
      message: /status must be a whole number from 0 to 255/,
    });
  }
  for (const pid of [0, 4_194_305]) {
    writeIdentity(at.process, { ...identity, pid });
    assert.throws(() => readIdentity(at.process), { message: /pid must be/ });
  }
});

test("the runtime's pid file is a pid or nothing: it may be read while it is written", () => {
  using at = place();
  for (const [text, pid] of [
    ["42", 42],
    ["42\n", 42],
    ["", undefined],
    ["x", undefined],
    ["0", undefined],
    ["-1", undefined],
    ["4194305", undefined],
  ] as const) {
    writeFileSync(at.process.pidFile, text);
    assert.equal(readPidFile(at.process), pid, text);
  }
});
