import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeFifo, readFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";
import { runtimes, script, TestShim } from "./harness.ts";

prepareHost();

for (const runtime of runtimes) {
  describe(`a launch with ${runtime}`, () => {
    it("starts a process, tells its pid, its output and its exit", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = makeFifo(shim.directory, "out");
      const out = readFifo(stdout);
      const { pid } = await shim.run("echo", ["sh", "-c", "echo hello; exit 7"], { stdout });
      assert.ok(pid > 0);
      const exit = await shim.exit("echo");
      assert.equal(exit.status, 7);
      assert.equal(exit.pid, pid);
      assert.equal((await out.end).toString(), "hello\n");
    });

    it("loses no exit of thirty processes that end at once, and tells none before its start", async () => {
      await using shim = await TestShim.start(runtime);
      const names = Array.from({ length: 30 }, (_, at) => `true${at}`);
      await Promise.all(
        names.map(async (name) => {
          const { pid } = await shim.run(name, ["true"]);
          assert.equal(shim.exits.filter((exit) => exit.pid === pid).length, 0);
        }),
      );
      for (const name of names) assert.equal((await shim.exit(name)).status, 0);
      assert.equal(shim.exits.length, names.length);
    });

    it("executes in a container, and tells 128 and the signal of what was killed", async () => {
      await using shim = await TestShim.start(runtime);
      await shim.run("main", ["sleep", "1000"]);
      const { pid } = await shim.exec("main", "killed", ["sleep", "1000"]);
      await shim.exec("main", "three", ["sh", "-c", "exit 3"]);
      assert.equal((await shim.exit("main", "three")).status, 3);
      process.kill(pid, "SIGTERM");
      assert.equal((await shim.exit("main", "killed")).status, 143);
    });

    it("that the runtime refuses has the runtime's words, and leaves nothing", async () => {
      await using shim = await TestShim.start(runtime);
      await assert.rejects(shim.run("bad", ["no-such-command"]), {
        code: "NOT_FOUND",
        message: /^oci runtime error: .*no-such-command/,
      });
      await shim.run("good", ["sleep", "1000"]);
      await assert.rejects(
        shim.exec("good", "bad", ["no-such-command"]),
        /^Failure: oci runtime error: .*no-such-command/,
      );
      assert.deepEqual(
        (await shim.shim.list()).map(({ process }) => process),
        ["init"],
      );
    });

    it("gives the process its three descriptors and no other, and the usual umask", async () => {
      await using shim = await TestShim.start(runtime);
      const [stdin, stdout, stderr] = ["in", "out", "err"].map((name) => makeFifo(shim.directory, name));
      const stdio = { stdin: stdin ?? "", stdout: stdout ?? "", stderr: stderr ?? "" };
      const { pid } = await shim.run("clean", ["sleep", "1000"], stdio);
      await until("it is the program itself", () => readlinkSync(`/proc/${pid}/exe`).endsWith("busybox"));
      const fds = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      assert.deepEqual(fds, [stdin, stdout, stderr]);
      assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /Umask:\t0022/);
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      assert.deepEqual(
        environment.filter((entry) => !/^(PATH|TERM|HOME|)=/.test(`${entry}=`)),
        [],
      );
    });

    it("keeps what it writes to itself", async () => {
      await using shim = await TestShim.start(runtime);
      await shim.run("files", ["sleep", "1000"]);
      const { path } = shim.state.container(shim.id("files")).process("init");
      process.kill(Number(readFileSync(join(path, "pid"), "utf8")), "SIGKILL");
      await until("it has ended", () => shim.exits.length === 1);
      for (const name of ["process.json", "starttime", "exitStatus", "log.json"])
        assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
    });
  });
}

describe("a launch", () => {
  it("of a runtime that is not there says so", async () => {
    await using shim = await TestShim.start("no-such-runtime");
    await assert.rejects(shim.run("x", ["true"]), { message: "no-such-runtime not installed on system" });
  });

  it("runs its runtime with no descriptor and no variable that is the daemon's", async () => {
    await using shim = await TestShim.start("sh", {
      env: { NOTIFY_SOCKET: "/run/x", NODE_OPTIONS: "--no-warnings" },
    });
    const found = join(shim.directory, "found");
    const runtime = script(
      shim.directory,
      "runtime",
      `{ env; echo; ls -l /proc/self/fd; umask; ulimit -c; } > ${found} 2>&1; exit 1`,
    );
    await assert.rejects(shim.run("x", ["true"], { runtime }), /said nothing/);
    const text = readFileSync(found, "utf8");
    assert.doesNotMatch(text, /NOTIFY_SOCKET|NODE_OPTIONS/);
    assert.deepEqual(
      text.match(/ \d+ -> /g)?.map((fd) => Number.parseInt(fd, 10)),
      [0, 1, 2, 3],
    );
    assert.match(text, /0022/);
  });

  it("waits for its turn: no more runtimes at once than were allowed", async () => {
    await using shim = await TestShim.start("runc", { args: ["--launches", "2"] });
    const counted = join(shim.directory, "counted");
    const runtime = script(
      shim.directory,
      "runtime",
      `echo + >> ${counted}; sleep 0.1; echo - >> ${counted}; exit 1`,
    );
    const names = ["a", "b", "c", "d", "e"];
    await Promise.allSettled(names.map((name) => shim.run(name, ["true"], { runtime })));
    let [now, most] = [0, 0];
    for (const step of readFileSync(counted, "utf8").trim().split("\n")) {
      now += step === "+" ? 1 : -1;
      most = Math.max(most, now);
    }
    assert.equal(most, 2);
  });

  it("finds the runtime's words where its arguments send its log", async () => {
    await using shim = await TestShim.start("runc");
    const elsewhere = join(shim.directory, "elsewhere.json");
    const runtimeArgs = ["--root", shim.runtimeRoot, "--log", elsewhere, "--log-format", "json"];
    await assert.rejects(
      shim.run("bad", ["no-such-command"], { record: { runtimeArgs } }),
      /^Failure: oci runtime error: .*no-such-command/,
    );
  });
});
