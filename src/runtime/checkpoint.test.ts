import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type CheckpointInfo, deleteCheckpoint, dumpCheckpoint, listCheckpoints } from "./checkpoint.ts";
import { RuntimeCli } from "./cli/runtime-cli.ts";

const plain: CheckpointInfo = {
  name: "one",
  exit: false,
  tcp: false,
  unixSockets: false,
  shell: false,
  emptyNS: [],
};

class Fixture implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "checkpoint-"));
  readonly calls: (readonly string[])[] = [];
  /** What the runtime does when it is called: fails with that on its stderr, where it is said. */
  failure: { readonly stderr: string; readonly log?: string } | undefined;

  readonly runtime = new RuntimeCli(
    (argv) => {
      this.calls.push(argv);
      const work = argv[argv.indexOf("--work-path") + 1] ?? "";
      if (this.failure?.log !== undefined) writeFileSync(join(work, "dump.log"), this.failure.log);
      const code = this.failure === undefined ? 0 : 1;
      return Promise.resolve({
        status: { kind: "exited", code },
        stdout: "",
        stderr: this.failure?.stderr ?? "",
      });
    },
    { path: "runtime", args: [], log: "/nowhere" },
  );

  dump(info: Partial<CheckpointInfo> = {}): Promise<void> {
    const { signal } = new AbortController();
    const { directory, runtime } = this;
    return dumpCheckpoint({
      directory,
      runtime,
      signal,
      id: "box",
      pid: process.pid,
      info: { ...plain, ...info },
      dumped() {},
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

test("a checkpoint is listed as it was made, and others cannot read its memory", async () => {
  using fixture = new Fixture();
  const info = { ...plain, exit: true, tcp: true, unixSockets: true, shell: true, emptyNS: ["network"] };
  await fixture.dump(info);
  assert.deepEqual(await listCheckpoints(fixture.directory), [info]);
  assert.equal(statSync(join(fixture.directory, "one")).mode & 0o777, 0o700);
  const config: unknown = JSON.parse(readFileSync(join(fixture.directory, "one/config.json"), "utf8"));
  assert.deepEqual(Object.keys(Object(config)), [
    "created",
    "name",
    "tcp",
    "unixSockets",
    "shell",
    "exit",
    "emptyNS",
  ]);
});

test("what a checkpoint may hold is what the runtime is told, and it goes on running unless it is to end", async () => {
  using fixture = new Fixture();
  await fixture.dump();
  await fixture.dump({
    ...plain,
    name: "all",
    exit: true,
    tcp: true,
    unixSockets: true,
    shell: true,
    emptyNS: ["network"],
  });
  const flags = fixture.calls.map((argv) => argv.slice(argv.indexOf("--work-path") + 2));
  assert.deepEqual(flags, [
    ["--leave-running", "box"],
    ["--tcp-established", "--shell-job", "--ext-unix-sk", "--empty-ns", "network", "box"],
  ]);
});

test("a checkpoint that fails leaves no directory, and its error has CRIU's reason", async () => {
  using fixture = new Fixture();
  fixture.failure = {
    stderr: '{"level":"error","msg":"criu failed: type NOTIFY errno 0\\nlog file: /x/dump.log"}',
    log: [
      "(00.030179) Error (criu/util.c:1533): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
      "(00.100000) Warn  (criu/x.c:1): something",
      "(00.141778) Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider using --tcp-established option.",
      "(00.211329) Error (criu/cr-dump.c:2111): Dumping FAILED.",
    ].join("\n"),
  };
  await assert.rejects(fixture.dump(), {
    message:
      "oci runtime error: criu failed: type NOTIFY errno 0: inet: Connected TCP socket, consider using --tcp-established option.",
  });
  assert.deepEqual(readdirSync(fixture.directory), []);
});

test("a machine without CRIU is told so", async () => {
  using fixture = new Fixture();
  fixture.failure = { stderr: 'exec: "criu": executable file not found in $PATH' };
  await assert.rejects(fixture.dump(), {
    code: "FAILED_PRECONDITION",
    message: "criu not installed on system",
  });
});

test("a name in use stays as it is", async () => {
  using fixture = new Fixture();
  await fixture.dump({ tcp: true });
  await assert.rejects(fixture.dump(), { code: "ALREADY_EXISTS", message: /^mkdir .*\/one: file exists$/ });
  assert.equal((await listCheckpoints(fixture.directory))[0]?.tcp, true);
});

test("an empty directory that the client has made, and what a dump that was cut off left, are used", async () => {
  using fixture = new Fixture();
  mkdirSync(join(fixture.directory, "one"));
  mkdirSync(join(fixture.directory, "two"));
  writeFileSync(join(fixture.directory, "two/config.json.unfinished"), "{}");
  writeFileSync(join(fixture.directory, "two/pages-1.img"), "");
  await fixture.dump({ name: "one" });
  await fixture.dump({ name: "two" });
  assert.deepEqual(
    (await listCheckpoints(fixture.directory)).map(({ name }) => name),
    ["one", "two"],
  );
  assert.equal(existsSync(join(fixture.directory, "two/pages-1.img")), false);
});

test("a directory that is no checkpoint is neither used nor deleted", async () => {
  using fixture = new Fixture();
  mkdirSync(join(fixture.directory, "one"));
  writeFileSync(join(fixture.directory, "one/precious"), "");
  await assert.rejects(fixture.dump(), { code: "ALREADY_EXISTS" });
  await assert.rejects(deleteCheckpoint(fixture.directory, "one"), { code: "NOT_FOUND" });
  for (const text of ['{"ociVersion":"1.0.2","process":{}}', "not JSON", "[]"]) {
    writeFileSync(join(fixture.directory, "one/config.json"), text);
    await assert.rejects(deleteCheckpoint(fixture.directory, "one"), { code: "NOT_FOUND" });
    assert.deepEqual(await listCheckpoints(fixture.directory), []);
  }
  assert.equal(existsSync(join(fixture.directory, "one/precious")), true);
});

test("a deleted checkpoint is gone; its name is free", async () => {
  using fixture = new Fixture();
  await fixture.dump();
  await deleteCheckpoint(fixture.directory, "one");
  assert.deepEqual(readdirSync(fixture.directory), []);
  await assert.rejects(deleteCheckpoint(fixture.directory, "one"), { code: "NOT_FOUND" });
  await fixture.dump();
});

test("names cannot lead elsewhere, and an empty one has 0.2.x's text", async () => {
  using fixture = new Fixture();
  for (const name of ["..", ".", "a/b", "/etc", "a\0b"]) {
    await assert.rejects(fixture.dump({ name }), { code: "INVALID_ARGUMENT" });
    await assert.rejects(deleteCheckpoint(fixture.directory, name), { code: "INVALID_ARGUMENT" });
  }
  await assert.rejects(deleteCheckpoint(fixture.directory, ""), {
    message: "checkpoint name cannot be empty",
  });
  assert.deepEqual(fixture.calls, []);
});

test("no directory holds no checkpoints; a damaged one is passed over", async () => {
  using fixture = new Fixture();
  assert.deepEqual(await listCheckpoints(join(fixture.directory, "none")), []);
  await fixture.dump();
  mkdirSync(join(fixture.directory, "bad"));
  writeFileSync(join(fixture.directory, "bad/config.json"), "{");
  assert.deepEqual(
    (await listCheckpoints(fixture.directory)).map(({ name }) => name),
    ["one"],
  );
});
