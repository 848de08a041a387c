import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { prepareHost } from "../harness/host.ts";
import { cgroupsNaming } from "../harness/leftovers.ts";
import { isRunning, processesNaming } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { runtimes, script, TestShim } from "./harness.ts";

prepareHost();

/** A bundle whose start hangs in a hook, which makes a file when it begins. */
function hanging(shim: TestShim) {
  const began = join(shim.directory, "began");
  const hook = script(shim.directory, "hook", `touch ${began}; sleep 1000`);
  return { began, bundle: { args: ["sleep", "1000"], config: { hooks: { prestart: [{ path: hook }] } } } };
}

for (const runtime of runtimes) {
  describe(`a launch with ${runtime} that is aborted`, () => {
    it("in a hook that hangs leaves no process, cgroup or state", async () => {
      await using shim = await TestShim.start(runtime);
      const { began, bundle } = hanging(shim);
      const abort = new AbortController();
      const launch = shim.run("hang", bundle, { signal: abort.signal });
      await until("the hook hangs", () => existsSync(began));
      abort.abort();
      await assert.rejects(launch, { code: "CANCELLED" });
      assert.deepEqual(readdirSync(shim.runtimeRoot), []);
      assert.deepEqual(cgroupsNaming(shim.prefix), []);
      assert.deepEqual(processesNaming(join(shim.directory, "hook")), []);
      assert.deepEqual(await shim.shim.list(), []);
      await shim.run("hang", ["true"]);
      assert.equal((await shim.exit("hang")).status, 0);
    });

    it("at any moment leaves nothing, or a container that runs", async () => {
      await using shim = await TestShim.start(runtime);
      for (let ms = 0; ms < 40; ms += 2) {
        const abort = new AbortController();
        const launch = shim.run(`at${ms}`, ["sleep", "1000"], { signal: abort.signal });
        const result = launch.then(
          () => "runs",
          (error: { code: string }) => error.code,
        );
        await pause(ms);
        abort.abort();
        const end = await result;
        if (end === "runs") await shim.delete(`at${ms}`);
        else assert.equal(end, "CANCELLED");
        assert.deepEqual(readdirSync(shim.runtimeRoot), [], `after ${ms} ms`);
        assert.deepEqual(cgroupsNaming(`${shim.prefix}-at${ms}`), [], `after ${ms} ms`);
      }
      assert.deepEqual(processesNaming(`${shim.prefix}-at`), []);
    });

    it("by the next daemon, after the one that began it is gone", async () => {
      await using shim = await TestShim.start(runtime);
      const { began, bundle } = hanging(shim);
      const launch = shim.run("hang", bundle);
      await until("the hook hangs", () => existsSync(began));
      await Promise.all([assert.rejects(launch, { code: "UNAVAILABLE" }), shim.reconnect()]);
      const [found] = await shim.shim.list();
      assert.equal(found?.state, "launching");
      await shim.shim.abort(shim.key("hang"));
      assert.deepEqual(await shim.shim.list(), []);
      assert.deepEqual(readdirSync(shim.runtimeRoot), []);
    });

    it("of an exec leaves the container as it was", async () => {
      await using shim = await TestShim.start(runtime);
      const { pid } = await shim.run("main", ["sleep", "1000"]);
      for (let ms = 0; ms < 20; ms += 2) {
        const abort = new AbortController();
        const launch = shim.exec("main", `x${ms}`, ["sleep", "1000"], { signal: abort.signal });
        const result = launch.then(
          (launched) => launched.pid,
          (error: { code: string }) => error.code,
        );
        await pause(ms);
        abort.abort();
        const end = await result;
        if (typeof end === "number") {
          // an abort in the moment of success has killed it already
          if (isRunning(end)) process.kill(end, "SIGKILL");
          await shim.exit("main", `x${ms}`);
        } else assert.equal(end, "CANCELLED");
        await until("only init is there", () => {
          const pids = execFileSync("pgrep", ["-P", String(shim.shim.pid)], { encoding: "utf8" });
          return pids.trim() === String(pid);
        });
      }
    });
  });
}

describe("a launch that is aborted", () => {
  it("while it waits for its turn does not begin", async () => {
    await using shim = await TestShim.start("runc", { args: ["--launches", "1"] });
    const began = join(shim.directory, "first-began");
    const runtime = script(
      shim.directory,
      "runtime",
      `case "$*" in *--detach*) touch ${began}; sleep 1000; esac`,
    );
    const first = shim.run("first", ["true"], { runtime });
    await until("the first has begun", () => existsSync(began));
    const abort = new AbortController();
    const second = shim.run("second", ["true"], { signal: abort.signal });
    abort.abort();
    await assert.rejects(second, { code: "CANCELLED" });
    await Promise.all([assert.rejects(first, { code: "CANCELLED" }), shim.shim.abort(shim.key("first"))]);
  });

  it("leaves alone a container of the same id that is another bundle's", async () => {
    await using shim = await TestShim.start("runc");
    const other = shim.bundle("other", { args: ["sleep", "1000"] });
    const id = shim.id("same");
    const own = ["--root", shim.runtimeRoot];
    execFileSync("runc", [...own, "run", "--detach", "--bundle", other, id], { stdio: "ignore" });
    const began = join(shim.directory, "began");
    const text = `case "$*" in *--detach*) touch ${began}; sleep 1000;; *) exec runc "$@";; esac`;
    const runtime = script(shim.directory, "runtime", text);
    const launch = shim.run("same", ["true"], { runtime });
    await until("it has begun", () => existsSync(began));
    await Promise.all([assert.rejects(launch, { code: "CANCELLED" }), shim.shim.abort(shim.key("same"))]);
    const state = execFileSync("runc", [...own, "state", id], { encoding: "utf8" });
    assert.equal((JSON.parse(state) as { status: string }).status, "running");
  });
});
