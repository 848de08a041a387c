import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type CheckpointInfo, dumpCheckpoint, listCheckpoints } from "../../src/runtime/checkpoint.ts";
import { restoreArguments } from "../../src/runtime/cli/arguments.ts";
import { criuWorkDirectory, restoreEnvironment } from "../../src/runtime/cli/criu.ts";
import { withCriu } from "../harness/criu.ts";
import { until } from "../harness/until.ts";
import { makeFifos } from "./fifos.ts";
import { Bench, type Running, type Stdio } from "./harness.ts";

const criu = withCriu();

const plain: CheckpointInfo = {
  name: "one",
  exit: true,
  tcp: false,
  unixSockets: false,
  shell: false,
  emptyNS: [],
};

function dump(bench: Bench, { id, pid }: Running, info: Partial<CheckpointInfo> = {}): Promise<void> {
  const directory = join(bench.directory, "checkpoints");
  const { signal } = new AbortController();
  const { cli: runtime } = bench;
  return dumpCheckpoint({
    directory,
    runtime,
    id,
    pid,
    signal,
    info: { ...plain, ...info },
    dumped: () => {},
  });
}

/** As the shim does it. */
async function restore(bench: Bench, { id, bundle }: Running, stdio?: Stdio): Promise<void> {
  const imagePath = join(bench.directory, "checkpoints/one");
  const [, , , , ...args] = restoreArguments({
    ...{ id, bundle, imagePath, workPath: criuWorkDirectory(imagePath), flags: [], noPivotRoot: false },
    ...{ runtimeArgs: ["--root", bench.root], log: "", pidFile: join(bundle, "pid") },
  });
  await bench.spawn(args, stdio, restoreEnvironment(imagePath));
}

/** Numbers to stdout, and what is said to it back on stderr. */
const counting = [
  "sh",
  "-c",
  // what is in the background has no stdin
  "(i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done) & while read line; do echo heard $line >&2; done; wait",
];

const numbers = (text: string): number[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);

test("a container with FIFOs goes on where it was, on other FIFOs", criu, async () => {
  await using bench = await Bench.start("runc");
  using before = makeFifos(join(bench.directory, "before"));
  const container = await bench.run({ args: counting }, before);
  await until("it counts", () => numbers(before.out.text()).length > 5);
  await dump(bench, container);
  assert.equal(await bench.cli.status(container.id), undefined, "it ended with its checkpoint");
  assert.deepEqual(await listCheckpoints(join(bench.directory, "checkpoints")), [plain]);
  before.close();
  const last = numbers(await before.out.end).at(-1) ?? Number.NaN;

  using after = makeFifos(join(bench.directory, "after"));
  await restore(bench, container, after);
  after.close();
  await until("it counts again", () => numbers(after.out.text()).length > 5);
  assert.equal(numbers(after.out.text())[0], last + 1);
  after.write("me\n");
  await until("it hears", () => after.err.text() === "heard me\n");
  await bench.cli.delete(container.id, { force: true });
  await Promise.all([after.out.end, after.err.end]);
});

test(
  "a container that is to go on goes on; its checkpoint can be restored when it is gone",
  criu,
  async () => {
    await using bench = await Bench.start("runc");
    const container = await bench.run({ args: ["sleep", "1000"] });
    await dump(bench, container, { exit: false });
    assert.equal(await bench.cli.status(container.id), "running");
    await bench.cli.delete(container.id, { force: true });
    await restore(bench, container);
    assert.equal(await bench.cli.status(container.id), "running");
  },
);

test(
  "a connection that may not be part of it is CRIU's reason to refuse, and nothing is left",
  criu,
  async () => {
    await using bench = await Bench.start("runc");
    const talking =
      "sleep 1000 | nc -l -p 7000 >/dev/null & sleep 1000 | while :; do nc 127.0.0.1 7000; sleep 0.05; done";
    const container = await bench.run({ args: ["sh", "-c", talking] });
    const up = ["nsenter", "-t", String(container.pid), "-n", "busybox", "ip", "link", "set", "lo", "up"];
    assert.deepEqual((await bench.execute(up)).status, { kind: "exited", code: 0 });
    await until("it is connected", () => connections(container.pid) > 0);
    await assert.rejects(dump(bench, container, { exit: false }), {
      message: /^oci runtime error: criu failed: .*Connected TCP socket, consider using --tcp-established/s,
    });
    assert.deepEqual(readdirSync(join(bench.directory, "checkpoints")), []);
    assert.equal(await bench.cli.status(container.id), "running");
  },
);

test("a runtime that knows no checkpoints says so, and nothing is left", async () => {
  await using bench = await Bench.start("crun");
  const container = await bench.run({ args: ["sleep", "1000"] });
  await assert.rejects(dump(bench, container), { code: "UNIMPLEMENTED" });
  assert.deepEqual(readdirSync(join(bench.directory, "checkpoints")), []);
});

/** Established ones in a process's network namespace: state 01 in /proc/PID/net/tcp. */
function connections(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n");
  return lines.filter((line) => line.trim().split(/ +/)[3] === "01").length;
}
