import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";

const root = path.join(import.meta.dirname, "../..");

function startDemo() {
  return spawn(process.execPath, ["scripts/demo.ts"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}

/** What the demo's own proof says, a line for each kind of thing that could be left. */
const proof = [
  "none  processes, the shim included",
  "none  mounts",
  "none  cgroups",
  "none  containers that the runtime knows",
  "none  temporary directory",
];

test("the demo runs its containers to their ends, and leaves nothing", async () => {
  const demo = startDemo();
  const [output, errors] = await Promise.all([text(demo.stdout), text(demo.stderr)]);
  assert.equal(await end(demo), 0, output + errors);
  assert.match(output, /hello from .*, pid 1\nbye\n/);
  assert.match(output, /demo-\d+-sleeper .* paused /);
  assert.match(output, /exit +demo-\d+-hello +init +0\n/);
  assert.match(output, /exit +demo-\d+-sleeper +init +137\n/);
  assert.deepEqual(output.trimEnd().split("\n").slice(-proof.length), proof);
});

for (const moment of [/\$ containerd /, /\$ ctr containers start demo-\d+-sleeper/, /\$ kill -9 /]) {
  test(`the demo leaves nothing when it is interrupted after ${moment.source}`, async () => {
    const demo = startDemo();
    let output = "";
    demo.stdout.setEncoding("utf8").on("data", (piece: string) => {
      const before = moment.test(output);
      output += piece;
      if (!before && moment.test(output)) demo.kill("SIGINT");
    });
    const errors = await text(demo.stderr);
    assert.equal(await end(demo), 130, output + errors);
    assert.deepEqual(output.trimEnd().split("\n").slice(-proof.length), proof);
  });
}
