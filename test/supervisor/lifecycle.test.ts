import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { TestSupervisor } from "./harness.ts";

test("a container is created, executes, and ends, in this order of events", async () => {
  await using test = await TestSupervisor.start();
  const view = await test.create("a", { args: ["sleep", "1000"] });
  assert.equal(view.status, "running");
  assert.equal(view.processes[0]?.name, "init");
  assert.ok((view.processes[0]?.systemPid ?? 0) > 1);
  const { systemPid } = await test.exec("a", "e", ["sh", "-c", "exit 7"]);
  assert.ok(systemPid > 1);
  await test.told("a", "exit e 7");
  await test.exec("a", "f", ["sleep", "1000"]);
  const { pids } = (await test.view("a")) ?? { pids: [] };
  assert.equal(pids.length, 2);
  await test.kill("a");
  await test.told("a", "exit init 137");
  assert.deepEqual(test.of("a"), [
    ...["start-container", "start-process e", "exit e 7", "start-process f"],
    ...["exit f 137", "exit init 137"],
  ]);
  assert.ok(!existsSync(test.state.container(test.id("a")).path));
});

test("an init that ends at once is told: its start, then its exit", async () => {
  await using test = await TestSupervisor.start();
  for (const name of ["a", "b", "c"]) await test.create(name, { args: ["sh", "-c", "exit 3"] });
  for (const name of ["a", "b", "c"]) {
    await test.told(name, "exit init 3");
    assert.deepEqual(test.of(name), ["start-container", "exit init 3"]);
  }
});

test("a failed start leaves nothing, and its id is free", async () => {
  await using test = await TestSupervisor.start();
  const failed = test.create("a", { args: ["/no/such/program"] });
  await assert.rejects(failed, (error: Error) => {
    assert.match(error.message, /^oci runtime error: .*no such file or directory/);
    return true;
  });
  assert.deepEqual(readdirSync(test.state.containers), []);
  await test.create("a", { args: ["true"] });
  await test.told("a", "exit init 0");
});

test("an id in use, and ids that nobody has", async () => {
  await using test = await TestSupervisor.start();
  await test.create("a", { args: ["sleep", "1000"] });
  await assert.rejects(test.create("a", { args: ["true"] }), {
    code: "ALREADY_EXISTS",
    message: `mkdir ${test.state.container(test.id("a")).path}: file exists`,
  });
  await assert.rejects(test.kill("b"), { code: "NOT_FOUND", message: "containerd: container not found" });
  await assert.rejects(test.kill("a", "b"), {
    code: "NOT_FOUND",
    message: "containerd: process not found for container",
  });
});

test("paused, resumed: State says so, and the events come", async () => {
  await using test = await TestSupervisor.start();
  await test.create("a", { args: ["sleep", "1000"] });
  await test.send({ kind: "pause", id: test.id("a") });
  assert.equal((await test.view("a"))?.status, "paused");
  await assert.rejects(test.exec("a", "e", ["true"]), { code: "FAILED_PRECONDITION" });
  await test.send({ kind: "resume", id: test.id("a") });
  assert.equal((await test.view("a"))?.status, "running");
  assert.deepEqual(test.of("a"), ["start-container", "pause", "resume"]);
});
