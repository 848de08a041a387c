import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { TestDaemon } from "../harness/daemon.ts";
import { mustBeIsolated } from "../harness/isolated.ts";
import { isRunning } from "../harness/processes.ts";
import { type Ended, methods, RawCaller } from "./api-calls.ts";
import { anyMessage, type Plausible } from "./messages.ts";
import { runs } from "./runs.ts";

// a client of the daemon is root: it may name any runtime, bundle and file
mustBeIsolated();

/** gRPC's UNKNOWN, in which the runtime's own words come; DEADLINE_EXCEEDED, INTERNAL and UNAVAILABLE: something hung or broke. */
const unknown = 2;
const broken = new Set([4, 13, 14]);

/** Files that no call has any business with. */
class Canary {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(join(directory, "deep/checkpoints"), { recursive: true });
    for (const name of ["a", "deep/b", "deep/checkpoints/c", "config.json"])
      writeFileSync(join(directory, name), name);
  }

  get path(): string {
    return this.#directory;
  }

  look(): unknown[] {
    return readdirSync(this.#directory, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => {
        const stats = statSync(join(this.#directory, name));
        const text = stats.isFile() ? readFileSync(join(this.#directory, name), "utf8") : "";
        // a directory's time may change: checkpoints that fail come and go there
        return [name, stats.mode, stats.uid, stats.isFile() ? stats.mtimeMs : 0, text];
      });
  }
}

function checkEnd({ method, code, details }: Ended): void {
  const said = `${method} ended with ${code}: ${details}`;
  assert.ok(!broken.has(code), said);
  if (code === unknown) assert.match(details, /oci runtime error|shim error/, said);
}

test("no call crashes or hangs the daemon, and none touches other containers, files or directories", async () => {
  await using daemon = await TestDaemon.start({ runtime: "crun" });
  const canary = new Canary(join(daemon.directory, "canary"));
  const before = canary.look();
  const bystander = await daemon.run("bystander", ["sleep", "100000"]);
  const victim = await daemon.run("victim", ["sleep", "100000"]);
  const { pid } = daemon;
  const plausible: Plausible = {
    id: [victim.id, daemon.id("other")],
    pid: ["init", "p1", "p2", "p3"],
    bundlePath: [victim.bundle, daemon.bundle("short", ["true"]), canary.path],
    checkpointDir: [canary.path, join(canary.path, "deep"), daemon.directory],
    name: ["c", "canary", "deep", "checkpoints", "state", "bundles"],
    checkpoint: ["c", "canary"],
    args: ["sleep", "sh", "true", "10"],
    cwd: ["/", "/tmp"],
    runtime: ["runc", "crun"],
    runtimeArgs: [`--root=${daemon.runtimeRoot}`],
    status: ["paused", "running"],
    capabilities: ["CAP_KILL"],
    cpusetCpus: ["0"],
    cpusetMems: ["0"],
    type: ["RLIMIT_CORE"],
  };
  using caller = new RawCaller(daemon.socket);
  const any = fc.oneof(
    ...methods.map((method) => fc.tuple(fc.constant(method), anyMessage(method.input, plausible))),
  );
  await fc.assert(
    fc.asyncProperty(any, async ([method, message]) => checkEnd(await caller.message(method, message))),
    // shrinking would run hundreds of containers for a shorter sentence
    { ...runs(400), endOnFailure: true },
  );
  assert.equal(daemon.pid, pid);
  assert.ok(isRunning(pid), "the daemon lives");
  assert.ok(isRunning(bystander.pid), "the bystander lives");
  assert.deepEqual(canary.look(), before);
  assert.deepEqual(
    readdirSync(daemon.stateDir).filter(
      (name) => !["containers", "events.log", "lock", "shims", "trash"].includes(name),
    ),
    [],
  );
  assert.match(daemon.log(), /call failed/);
  assert.doesNotMatch(daemon.log(), /"stack"/, "nothing failed that nobody thought of");
});
