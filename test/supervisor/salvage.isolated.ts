import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mustBeIsolated } from "../harness/isolated.ts";
import { isRunning } from "../harness/processes.ts";
import { TestSupervisor } from "./harness.ts";

mustBeIsolated();

/** What may happen to a file. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  "is empty": (path) => truncateSync(path, 0),
  "is cut in half": (path) => truncateSync(path, 40),
  "is NUL bytes": (path) => writeFileSync(path, Buffer.alloc(300)),
  "is another's": (path) =>
    writeFileSync(path, '{"id":"../../..","instance":"0123456789abcdef","shim":".."}'),
  "is gone": (path) => rmSync(path),
};

for (const [name, damage] of Object.entries(damages)) {
  test(`a container whose state.json ${name} is kept, and its end is told once`, async () => {
    await using test = await TestSupervisor.start();
    const { processes } = await test.create("a", { args: ["sleep", "1000"] });
    const pid = processes[0]?.systemPid ?? 0;
    await test.exec("a", "e", ["sleep", "1000"]);
    await test.close();
    damage(test.state.container(test.id("a")).stateFile);
    await test.open().ready;
    const view = await test.view("a");
    assert.deepEqual(
      view?.processes.map(({ name: process, systemPid }) => [process, systemPid > 0 && isRunning(systemPid)]),
      [
        ["init", true],
        ["e", true],
      ],
    );
    assert.equal(view?.processes[0]?.systemPid, pid);
    assert.match(view?.bundle ?? "", /bundles\/a$/);
    await test.restart();
    await test.kill("a");
    await test.told("a", "exit init 137");
    assert.deepEqual(test.of("a"), ["start-container", "start-process e", "exit e 137", "exit init 137"]);
  });
}

test("with its shim dead, too, and every other file damaged, it is kept by what the runtime says", async () => {
  await using test = await TestSupervisor.start();
  await test.create("a", { args: ["sleep", "1000"] });
  await test.close();
  await test.killShims();
  const init = test.state.container(test.id("a")).process("init");
  for (const path of [init.processFile, init.identityFile]) writeFileSync(path, "{");
  await test.open().ready;
  assert.equal((await test.view("a"))?.status, "running");
  await test.kill("a");
  await test.told("a", "exit init 137");
});

test("a container that no runtime knows any more is ended, and its end told", async () => {
  await using test = await TestSupervisor.start();
  const { processes } = await test.create("a", { args: ["sleep", "1000"] });
  const pid = processes[0]?.systemPid ?? 0;
  await test.close();
  writeFileSync(test.state.container(test.id("a")).stateFile, "x");
  rmSync(join(test.runtimeRoot, test.id("a")), { recursive: true });
  await test.open().ready;
  await test.told("a", "exit init 137");
  assert.ok(!isRunning(pid));
});

test("what is no container's is left alone: names that lead elsewhere, files, links", async () => {
  await using test = await TestSupervisor.start();
  await test.close();
  const { containers } = test.state;
  const outside = join(test.directory, "outside");
  mkdirSync(join(outside, "precious"), { recursive: true });
  for (const name of ["...", ".hidden", "with space", "new\nline"]) mkdirSync(join(containers, name));
  writeFileSync(join(containers, "file"), "no directory");
  symlinkSync(outside, join(containers, "link"));
  symlinkSync("/", join(containers, "root"));
  await test.open().ready;
  assert.ok(existsSync(join(outside, "precious")));
  assert.deepEqual((await test.send({ kind: "state" })).containers, []);
  for (const name of ["...", ".hidden", "with space", "new\nline"])
    assert.ok(existsSync(join(containers, name)), name);
  for (const name of readdirSync(containers)) rmSync(join(containers, name), { recursive: true });
});

test("half a directory of a start is removed, and its id is free", async () => {
  await using test = await TestSupervisor.start();
  await test.close();
  mkdirSync(test.state.container(test.id("a")).path);
  mkdirSync(test.state.container(test.id("b")).process("init").path, { recursive: true });
  await test.open().ready;
  assert.deepEqual(readdirSync(test.state.containers), []);
  await test.create("a", { args: ["true"] });
  await test.told("a", "exit init 0");
});
