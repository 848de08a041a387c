import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { TempDir } from "../base/testing/temp.ts";
import { readSpec } from "./read-spec.ts";
import { hasOwnPidNamespace, rootIds, type Spec } from "./spec.ts";

const least = { args: ["sh"], cwd: "/" };

async function read(config: string | object): Promise<Spec> {
  using dir = new TempDir();
  writeFileSync(dir.file("config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return await readSpec(dir.path);
}

test("what the configuration says is there, also what this system does not know", async () => {
  const config = {
    process: { ...least, user: { uid: 5, gid: 6, umask: 18 }, env: ["A=b"], scheduler: { policy: "x" } },
    linux: { namespaces: [{ type: "pid" }], seccomp: {} },
  };
  assert.deepEqual(await read(config), config);
});

test("a process without a user is root's", async () => {
  assert.deepEqual((await read({ process: least })).process.user, { uid: 0, gid: 0 });
  assert.deepEqual((await read({ process: { ...least, user: {} } })).process.user, { uid: 0, gid: 0 });
});

test("null is what Go's programs write for nothing", async () => {
  const spec = await read({
    process: { ...least, env: null, rlimits: null, user: { uid: 1, gid: 2 } },
    linux: null,
  });
  assert.deepEqual(spec, { process: { ...least, user: { uid: 1, gid: 2 } } });
});

test("the one list of capabilities that Docker wrote up to 1.13 is meant for all sets", async () => {
  const { process } = await read({ process: { ...least, capabilities: ["CAP_KILL"] } });
  const set = ["CAP_KILL"];
  assert.deepEqual(process.capabilities, { bounding: set, effective: set, inheritable: set, permitted: set });
});

test("what is missing is said in one sentence", async () => {
  using dir = new TempDir();
  await assert.rejects(readSpec(dir.file("none")), {
    code: "NOT_FOUND",
    message: `no bundle at ${dir.file("none")}: no such file or directory`,
  });
  await assert.rejects(readSpec(dir.path), {
    code: "NOT_FOUND",
    message: `open ${dir.file("config.json")}: no such file or directory`,
  });
  writeFileSync(dir.file("config.json"), "{}");
  await assert.rejects(readSpec(dir.file("config.json")), { message: /config\.json: not a directory$/ });
});

test("what is wrong is said in one sentence, without what stands there", async () => {
  const cases: readonly (readonly [string, string | object])[] = [
    ["is not JSON", ""],
    ["is not JSON", '{"env": ["SECRET" secret'],
    ["is no OCI configuration: it must be an object", "null"],
    ["is no OCI configuration: it must be an object", '"secret"'],
    ["is no OCI configuration: process is missing", {}],
    ["is no OCI configuration: process.args is missing", { process: { cwd: "/" } }],
    ["process.args is empty: it needs at least the program's name", { process: { args: [], cwd: "/" } }],
    ["process.args.0 must be a string, not 7", { process: { args: [7], cwd: "/" } }],
    ["process.cwd must be an absolute path", { process: { args: ["sh"], cwd: "secret" } }],
    ["process.env must be a list, not a string", { process: { ...least, env: "secret" } }],
    ["process.terminal must be true or false, not a string", { process: { ...least, terminal: "secret" } }],
    [
      "process.capabilities must be an object of lists of strings",
      { process: { ...least, capabilities: "all" } },
    ],
    [
      "process.user.uid must be a whole number from 0 to 4294967295, not -1",
      { process: { ...least, user: { uid: -1 } } },
    ],
    [
      "process.user.gid must be a whole number from 0 to 4294967295, not 1.5",
      { process: { ...least, user: { gid: 1.5 } } },
    ],
    ["linux.namespaces must be a list, not an object", { process: least, linux: { namespaces: {} } }],
  ];
  for (const [sentence, config] of cases) {
    await assert.rejects(read(config), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.ok(error.message.includes(sentence), error.message);
      assert.ok(!/secret/i.test(error.message), error.message);
      return true;
    });
  }
});

test("a FIFO in its place is no reason to wait", async () => {
  using dir = new TempDir();
  assert.equal(spawnSync("mkfifo", [dir.file("config.json")]).status, 0);
  await assert.rejects(readSpec(dir.path), { code: "INVALID_ARGUMENT" });
  rmSync(dir.file("config.json"));
});

test("whom the container's root is on the host", () => {
  const process = { ...least, user: { uid: 0, gid: 0 } };
  assert.deepEqual(rootIds({ process }), { uid: 0, gid: 0 });
  const uidMappings = [
    { containerID: 1, hostID: 200_000, size: 10 },
    { containerID: 0, hostID: 100_000, size: 1 },
  ];
  assert.deepEqual(rootIds({ process, linux: { uidMappings, gidMappings: [] } }), { uid: 100_000, gid: 0 });
});

test("a PID namespace is the container's own where it is made for it, not where it is another's", () => {
  const process = { ...least, user: { uid: 0, gid: 0 } };
  const own = (namespaces: { type: string; path?: string }[]): boolean =>
    hasOwnPidNamespace({ process, linux: { namespaces } });
  assert.equal(own([{ type: "mount" }, { type: "pid" }]), true);
  assert.equal(own([{ type: "pid", path: "/proc/1/ns/pid" }]), false);
  assert.equal(own([{ type: "mount" }]), false);
  assert.equal(hasOwnPidNamespace({ process }), false);
});
