import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../harness/until.ts";
import { TestSupervisor } from "./harness.ts";

/** A runtime that does something else for a command and a container whose id ends so, as long as a file is there; runc otherwise. */
function runtimeThat(test: TestSupervisor, command: string, name: string, does: string): string {
  const path = join(test.directory, `${command}-${name}`);
  writeFileSync(`${path}.on`, "");
  const match = `*" ${command} "*-${name}" "`;
  writeFileSync(
    path,
    `#!/bin/sh\nif [ -e ${path}.on ]; then case " $* " in ${match}) ${does} ;; esac; fi\nexec runc "$@"\n`,
    { mode: 0o755 },
  );
  return path;
}

const sleeps = { args: ["sleep", "1000"] };

test("a pause that hangs keeps nobody from ending the container, and delays no other", async () => {
  await using test = await TestSupervisor.start();
  const runtime = runtimeThat(test, "pause", "a", "exec sleep 1000");
  await test.create("a", sleeps, { runtime, runtimeArgs: ["--root", test.runtimeRoot] });
  const paused = assert.rejects(test.send({ kind: "pause", id: test.id("a") }), {
    code: "FAILED_PRECONDITION",
  });
  await test.create("b", sleeps);
  await test.exec("b", "e", ["true"]);
  await test.told("b", "exit e 0");
  await test.kill("a");
  await test.told("a", "exit init 137");
  await paused;
});

test("a delete that fails, or hangs for a while, keeps no exit from being told, and delays no other", async () => {
  await using test = await TestSupervisor.start();
  const runtimeArgs = ["--root", test.runtimeRoot];
  for (const n of [1, 2, 3, 4, 5]) {
    const runtime = runtimeThat(test, "delete", `slow${n}`, "sleep 6");
    await test.create(`slow${n}`, sleeps, { runtime, runtimeArgs });
  }
  const failing = runtimeThat(test, "delete", "failing", "echo no way >&2; exit 1");
  await test.create("failing", sleeps, { runtime: failing, runtimeArgs });
  await test.create("other", sleeps);
  for (const n of [1, 2, 3, 4, 5]) await test.kill(`slow${n}`);
  await test.kill("failing");
  await test.kill("other");
  await test.told("other", "exit init 137");
  assert.ok(test.of("slow5").length === 1, "the other did not wait for the slow ones");
  await test.told("failing", "exit init 137");
  for (const n of [1, 2, 3, 4, 5]) await test.told(`slow${n}`, "exit init 137");
  assert.match(test.log.join("\n"), /the runtime could not delete a container .*no way/);
  // what it would not forget would be in the next one's way
  assert.deepEqual(readdirSync(test.runtimeRoot), [test.id("failing")]);
  execFileSync("runc", [...runtimeArgs, "delete", "--force", test.id("failing")]);
});

test("a start that takes too long fails with 0.2.x's text, and leaves nothing", async () => {
  await using test = await TestSupervisor.start({ startTimeout: 300 });
  const runtime = runtimeThat(test, "run", "a", "exec sleep 1000");
  const more = { runtime, runtimeArgs: ["--root", test.runtimeRoot] };
  await assert.rejects(test.create("a", sleeps, more), {
    code: "DEADLINE_EXCEEDED",
    message: "containerd: container did not start before the specified timeout",
  });
  assert.deepEqual(readdirSync(test.state.containers), []);
  assert.deepEqual(test.of("a"), []);
});

test("a start whose client goes away is undone, whenever that is", async () => {
  await using test = await TestSupervisor.start();
  for (const ms of [0, 5, 10, 15, 20, 30, 40, 60]) {
    const name = `a${ms}`;
    const signal = AbortSignal.timeout(ms);
    const created = await test
      .send(
        {
          ...{ kind: "create", id: test.id(name), bundle: test.bundle(name, sleeps), labels: [] },
          ...{ noPivotRoot: false, runtime: "", runtimeArgs: [], stdin: "", stdout: "", stderr: "" },
        },
        signal,
      )
      .catch(() => undefined);
    assert.equal(existsSync(test.state.container(test.id(name)).path), created !== undefined);
    assert.equal((await test.view(name)) !== undefined, created !== undefined);
    assert.deepEqual(test.of(name), created === undefined ? [] : ["start-container"]);
  }
});

test("an exec whose client goes away is undone, whenever that is", async () => {
  await using test = await TestSupervisor.start();
  await test.create("a", sleeps);
  let undone = 0;
  for (const ms of [0, 3, 6, 9, 12, 15, 20, 40]) {
    const executed = await test
      .send(
        {
          ...{ kind: "add-process", id: test.id("a"), process: `e${ms}`, stdin: "", stdout: "", stderr: "" },
          spec: { user: { uid: 0, gid: 0 }, args: ["sleep", "1000"], env: ["PATH=/bin"], cwd: "/" },
        },
        AbortSignal.timeout(ms),
      )
      .catch(() => undefined);
    if (executed === undefined) undone += 1;
    const names = (await test.view("a"))?.processes.map(({ name }) => name) ?? [];
    assert.equal(names.includes(`e${ms}`), executed !== undefined);
    await until("only those that were told of run", async () => {
      const view = await test.view("a");
      return view !== undefined && view.pids.length === view.processes.length;
    });
  }
  assert.ok(undone > 0);
});

test("two hundred starts at once are all answered, a few at a time", async () => {
  await using test = await TestSupervisor.start({ startWorkers: 3, startTimeout: 10_000 });
  const names = Array.from({ length: 200 }, (_, n) => `n${n}`);
  const bundle = test.bundle("shared", { args: ["true"] });
  await Promise.all(names.map((name) => test.create(name, { args: [] }, { bundle })));
  for (const name of names) await test.told(name, "exit init 0");
  assert.equal(test.events.length, 400);
});
