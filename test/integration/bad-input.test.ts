import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";

prepareHost();

const code = { invalidArgument: 3, notFound: 5, alreadyExists: 6, failedPrecondition: 9, unknown: 2 };
type Refusal = { readonly code: number | readonly number[]; readonly text: RegExp };

/** The call fails with that code and a text of one line, and State is what it was. */
async function refused(call: Promise<unknown>, expected: Refusal): Promise<void> {
  await assert.rejects(call, (error: Error & { code: number; details: string }) => {
    assert.ok([expected.code].flat().includes(error.code), `code ${error.code}: ${error.details}`);
    assert.match(error.details, expected.text);
    assert.ok(!error.details.trim().includes("\n"), `one sentence, not: ${error.details}`);
    return true;
  });
}

describe("bad input", () => {
  it("in CreateContainer is refused with the reason, and changes nothing", async () => {
    await using daemon = await TestDaemon.start();
    const good = daemon.bundle("good", ["true"]);
    const create = (request: object) =>
      daemon.client.call("createContainer", { id: daemon.id("x"), bundlePath: good, ...request });
    const bundleWith = (name: string, config: string | undefined): string => {
      const bundle = join(daemon.directory, name);
      mkdirSync(bundle);
      if (config !== undefined) writeFileSync(join(bundle, "config.json"), config);
      return bundle;
    };
    await refused(create({ bundlePath: "" }), {
      code: code.invalidArgument,
      text: /empty bundle path/,
    });
    await refused(create({ bundlePath: "/no/such/bundle" }), {
      code: code.notFound,
      text: /\/no\/such\/bundle/,
    });
    await refused(create({ bundlePath: bundleWith("none", undefined) }), {
      code: code.notFound,
      text: /config\.json/,
    });
    await refused(create({ bundlePath: bundleWith("garbage", "{ nonsense") }), {
      code: code.invalidArgument,
      text: /config\.json.*JSON/,
    });
    await refused(create({ bundlePath: bundleWith("noargs", '{"process":{"cwd":"/"}}') }), {
      code: code.invalidArgument,
      text: /args/,
    });
    for (const id of ["", "../x", "a/b", ".", "..", ".hidden", "x".repeat(300), "new\nline", "nul\0"]) {
      await refused(create({ id }), { code: code.invalidArgument, text: /id/ });
    }
    await refused(create({ runtime: "no-such-runtime" }), {
      code: [code.notFound, code.failedPrecondition],
      text: /no-such-runtime/,
    });
    await refused(create({ runtime: "/bin/false" }), {
      code: code.unknown,
      text: /oci runtime error|shim error/,
    });
    assert.deepEqual((await daemon.client.call("state", {})).containers, []);
    assert.deepEqual(readdirSync(join(daemon.stateDir, "containers")), []);
  });

  it("that the runtime finds comes with the runtime's own words, and the id stays free", async () => {
    await using daemon = await TestDaemon.start();
    const id = daemon.id("x");
    const missing = daemon.bundle("missing", ["no-such-program"]);
    await refused(daemon.client.call("createContainer", { id, bundlePath: missing }), {
      code: [code.unknown, code.notFound],
      text: /oci runtime error: .*no-such-program.*executable file not found/,
    });
    using events = daemon.events();
    await daemon.client.call("createContainer", { id, bundlePath: daemon.bundle("fine", ["true"]) });
    assert.equal((await events.exit(id)).status, 0);
  });

  it("about containers and processes is refused with 0.2.x's texts", async () => {
    await using daemon = await TestDaemon.start();
    const { id, bundle } = await daemon.run("one", ["sleep", "1000"]);
    const { client } = daemon;
    const unknown = { code: code.notFound, text: /^containerd: container not found$/ };
    const noProcess = { code: code.notFound, text: /^containerd: process not found for container$/ };
    await refused(client.call("createContainer", { id, bundlePath: bundle }), {
      code: code.alreadyExists,
      text: /exists/,
    });
    await refused(client.call("state", { id: "unknown" }), unknown);
    await refused(client.call("stats", { id: "unknown" }), unknown);
    await refused(client.call("signal", { id: "unknown", pid: "init", signal: 9 }), unknown);
    await refused(client.call("addProcess", { id: "unknown", pid: "x", args: ["true"], user: {} }), unknown);
    await refused(client.call("updateProcess", { id: "unknown", pid: "init", closeStdin: true }), unknown);
    await refused(client.call("updateContainer", { id: "unknown", pid: "init", status: "paused" }), unknown);
    await refused(client.call("signal", { id, pid: "unknown", signal: 9 }), noProcess);
    await refused(client.call("updateProcess", { id, pid: "unknown", closeStdin: true }), noProcess);
    await refused(client.call("signal", { id, pid: "init", signal: 999 }), {
      code: code.invalidArgument,
      text: /signal.*999/,
    });
    await refused(client.call("addProcess", { id, pid: "init", args: ["true"], user: {} }), {
      code: [code.alreadyExists, code.invalidArgument],
      text: /init/,
    });
    await refused(client.call("addProcess", { id, pid: "../y", args: ["true"], user: {} }), {
      code: code.invalidArgument,
      text: /\.\.\/y/,
    });
    await refused(client.call("addProcess", { id, pid: "x", args: [], user: {} }), {
      code: code.invalidArgument,
      text: /args/,
    });
    await refused(
      client.call("addProcess", { id, pid: "x", args: ["no-such-program"], cwd: "/", user: {} }),
      {
        code: [code.unknown, code.notFound],
        text: /oci runtime error: .*no-such-program/,
      },
    );
    await refused(client.call("updateContainer", { id, pid: "init", status: "sleeping" }), {
      code: code.invalidArgument,
      text: /^containerd: unknown container status sleeping/,
    });
    await refused(client.call("deleteCheckpoint", { id, name: "" }), {
      code: code.invalidArgument,
      text: /checkpoint name cannot be empty/,
    });
    await refused(client.call("listCheckpoint", { id: "unknown" }), {
      code: code.notFound,
      text: /no such containers/,
    });
    const { containers } = await client.call("state", {});
    assert.deepEqual(
      containers.map((container) => [container.id, container.processes.length]),
      [[id, 1]],
    );
  });

  it("of storedOnly without a timestamp is refused as 0.2.x refuses it", async () => {
    await using daemon = await TestDaemon.start();
    using events = daemon.events({ storedOnly: true });
    await until("the stream has failed", () => events.ended !== undefined);
    assert.equal(events.ended, code.invalidArgument);
  });
});
