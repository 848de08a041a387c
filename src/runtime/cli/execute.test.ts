import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "../../base/semaphore.ts";
import { Children } from "../../sys/children.ts";
import { linuxSys } from "../../sys/linux.ts";
import { openFds } from "../../sys/testing/open-fds.ts";
import { executor } from "./execute.ts";

const sys = linuxSys();
const env = ["PATH=/usr/bin:/bin", "A=1"];

function run(script: string, options = {}, slots = new Semaphore(2)) {
  return async () => {
    using children = new Children(sys);
    return await executor(sys, children, slots, env)(["sh", "-c", script], options);
  };
}

test("a program's outputs and its end are told apart", async () => {
  assert.deepEqual(await run("echo out; echo err >&2; exit 3")(), {
    status: { kind: "exited", code: 3 },
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("a program gets the environment it needs beside the common one, and nothing on its stdin", async () => {
  const { stdout } = await run("echo $A$B; cat; pwd", { env: ["B=2"], cwd: "/usr" })();
  assert.equal(stdout, "12\n/usr\n");
});

test("a child that keeps the output open keeps nobody waiting", async () => {
  const { stdout } = await run("sleep 2 & echo done")();
  assert.equal(stdout, "done\n");
});

test("an aborted program is killed with what it has started, and the reason is told", async () => {
  const abort = new AbortController();
  using children = new Children(sys);
  const slots = new Semaphore(1);
  const execute = executor(sys, children, slots, env);
  const running = execute(["sh", "-c", "sleep 1000 & wait"], { signal: abort.signal });
  setImmediate(() => abort.abort());
  await assert.rejects(running, { code: "CANCELLED" });
  assert.equal(slots.inUse, 0);
});

test("a program that is not there has 0.2.x's text", async () => {
  using children = new Children(sys);
  const execute = executor(sys, children, new Semaphore(1), env);
  await assert.rejects(execute(["no-such-runtime", "state"]), {
    code: "FAILED_PRECONDITION",
    message: "no-such-runtime not installed on system",
  });
});

test("only so many run at once, and no descriptors are left of any", async () => {
  using children = new Children(sys);
  const slots = new Semaphore(2);
  const execute = executor(sys, children, slots, env);
  await execute(["true"]);
  const before = openFds();
  const all = Array.from({ length: 8 }, () => execute(["true"]));
  await new Promise(setImmediate);
  assert.deepEqual([slots.inUse, slots.waiting], [2, 6]);
  await Promise.all(all);
  assert.deepEqual(openFds(), before);
});
