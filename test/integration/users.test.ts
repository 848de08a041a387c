import assert from "node:assert/strict";
import { chmodSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { makeFifo, readFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";

prepareHost();

/** Runs a shell script in a container with what the request says, and returns what it wrote. */
async function said(
  daemon: TestDaemon,
  id: string,
  bundle: string,
  name: string,
  script: string,
  request: object,
): Promise<string> {
  using events = daemon.events();
  const stdout = makeFifo(bundle, `${name}-stdout`);
  const out = readFifo(stdout);
  await daemon.client.call("addProcess", {
    id,
    pid: name,
    args: ["sh", "-c", script],
    cwd: "/",
    env: ["PATH=/bin"],
    user: {},
    stdout,
    ...request,
  });
  const [{ status }, text] = await Promise.all([events.exit(id, name), out.end]);
  assert.equal(status, 0, text.toString());
  return text.toString();
}

/** The number of CAP_KILL and CAP_CHOWN, as /proc/PID/status shows sets (capabilities(7)). */
const killAndChown = ((1n << 5n) | 1n).toString(16).padStart(16, "0");

for (const runtime of ["runc", "crun"]) {
  describe(`an executed process with ${runtime}`, () => {
    it("has the user, the groups, the directory and the environment that the request gives, and no others", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const { id, bundle } = await daemon.run("box", ["sleep", "1000"]);
      const text = await said(
        daemon,
        id,
        bundle,
        "who",
        "id -u; id -g; grep ^Groups: /proc/self/status; pwd; env",
        {
          user: { uid: 1234, gid: 2345, additionalGids: [3456, 4567] },
          cwd: "/tmp",
          env: ["PATH=/bin", "GREETING=good day"],
        },
      );
      const [uid, gid, groups = "", cwd, ...env] = text.trim().split("\n");
      assert.deepEqual([uid, gid, cwd], ["1234", "2345", "/tmp"]);
      assert.match(groups, /3456 4567/);
      assert.ok(
        env.includes("GREETING=good day") && !env.some((line) => line.startsWith("TERM=")),
        "init's environment is not added",
      );
    });

    it("has the capabilities in four sets, ambient not among them, no new privileges, and the limits of the request", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const { id, bundle } = await daemon.run("box", ["sleep", "1000"]);
      const text = await said(daemon, id, bundle, "caps", "cat /proc/self/status /proc/self/limits", {
        capabilities: ["CAP_KILL", "CAP_CHOWN"],
        noNewPrivileges: true,
        rlimits: [{ type: "RLIMIT_NOFILE", soft: 77n, hard: 88n }],
      });
      for (const set of ["CapBnd", "CapEff", "CapPrm", "CapInh"])
        assert.match(text, new RegExp(`${set}:\\s+${killAndChown}`), set);
      assert.match(text, /CapAmb:\s+0{16}/);
      assert.match(text, /NoNewPrivs:\s+1/);
      assert.match(text, /Max open files\s+77\s+88/);
    });

    it("is shown by State with all that it was given", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const { id } = await daemon.run("box", ["sleep", "1000"]);
      await daemon.client.call("addProcess", {
        ...{
          id,
          pid: "seen",
          args: ["sleep", "1000"],
          cwd: "/tmp",
          env: ["PATH=/bin"],
          user: { uid: 5, gid: 6, additionalGids: [7] },
        },
        ...{
          capabilities: ["CAP_KILL"],
          noNewPrivileges: true,
          rlimits: [{ type: "RLIMIT_CORE", soft: 1n, hard: 2n }],
        },
      });
      const { containers } = await daemon.client.call("state", { id });
      const process = containers[0]?.processes.find(({ pid }) => pid === "seen");
      assert.deepEqual(process?.args, ["sleep", "1000"]);
      assert.deepEqual([process?.user?.uid, process?.user?.gid, process?.user?.additionalGids], [5, 6, [7]]);
      assert.deepEqual(
        [process?.cwd, process?.env, process?.capabilities, process?.noNewPrivileges],
        ["/tmp", ["PATH=/bin"], ["CAP_KILL"], true],
      );
      assert.deepEqual(
        process?.rlimits.map(({ type, soft, hard }) => [type, soft, hard]),
        [["RLIMIT_CORE", 1n, 2n]],
      );
    });
  });

  describe(`a container in a user namespace with ${runtime}`, () => {
    it("owns its FIFOs, which its root can open again", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      using events = daemon.events();
      // the container's root must be able to reach its root file system
      chmodSync(daemon.directory, 0o711);
      const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      const bundle = daemon.bundle("userns", {
        args: ["sh", "-c", "id -u; echo again > /proc/self/fd/1"],
        linux: {
          namespaces: [
            { type: "pid" },
            { type: "network" },
            { type: "ipc" },
            { type: "uts" },
            { type: "mount" },
            { type: "user" },
          ],
          uidMappings: mapping,
          gidMappings: mapping,
        },
      });
      const [stdout, stderr] = [makeFifo(bundle, "stdout"), makeFifo(bundle, "stderr")];
      const [out, err] = [readFifo(stdout), readFifo(stderr)];
      const id = daemon.id("userns");
      await daemon.client.call("createContainer", { id, bundlePath: bundle, stdout, stderr });
      const { status } = await events.exit(id);
      assert.equal((await err.end).toString(), "");
      assert.equal(status, 0);
      assert.equal((await out.end).toString(), "0\nagain\n");
      assert.equal(statSync(stdout).uid, 100_000);
    });
  });
}

describe("the environment", () => {
  // crun 1.8 gives a process without any the container's own: docs/LIMITS.md
  it("of an executed process is empty where the request's is", async () => {
    await using daemon = await TestDaemon.start();
    const { id, bundle } = await daemon.run("box", {
      args: ["sleep", "1000"],
      env: ["PATH=/bin", "SECRET=of init"],
    });
    const text = await said(daemon, id, bundle, "bare", "/bin/env", {
      args: ["/bin/cat", "/proc/self/environ"],
      env: [],
    });
    assert.ok(!text.includes("SECRET") && !text.includes("PATH"), text);
  });
});

describe("labels that this machine's kernel does not have", () => {
  it("are refused by the runtime in its own words, and nothing is left", async () => {
    await using daemon = await TestDaemon.start();
    const { id } = await daemon.run("box", ["sleep", "1000"]);
    await assert.rejects(
      daemon.client.call("addProcess", {
        id,
        pid: "x",
        args: ["true"],
        cwd: "/",
        user: {},
        apparmorProfile: "no-such-profile",
      }),
      /oci runtime error: .*apparmor/i,
    );
    assert.equal((await daemon.client.call("state", { id })).containers[0]?.processes.length, 1);
  });
});
