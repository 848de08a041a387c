import assert from "node:assert/strict";
import { isAbsolute } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { serveFake } from "../../src/api/testing/served.ts";
import { isId } from "../../src/base/ids.ts";
import type { ContainerView, Task } from "../../src/supervisor/task.ts";
import { type Ended, methods, RawCaller } from "./api-calls.ts";
import { anyMessage } from "./messages.ts";
import { runs } from "./runs.ts";

const ok = 0;
const invalidArgument = 3;

const zeros = { usage: 0n, maxUsage: 0n, failcnt: 0n, limit: 0n };
const blkio = {
  ...{ serviceBytes: [], serviced: [], queued: [], serviceTime: [] },
  ...{ waitTime: [], merged: [], time: [], sectors: [] },
};
const answers: Readonly<Record<Task["kind"], unknown>> = {
  create: {
    ...{ id: "a", bundle: "/b", status: "running", labels: [], runtime: "runc", pids: [], processes: [] },
  } satisfies ContainerView,
  "add-process": { systemPid: 1 },
  ...{
    signal: undefined,
    "update-process": undefined,
    pause: undefined,
    resume: undefined,
    update: undefined,
  },
  ...{ "create-checkpoint": undefined, "delete-checkpoint": undefined, "list-checkpoints": [] },
  state: { containers: [], machine: { cpus: 1, memory: 1n } },
  stats: {
    ...{ network: [], blkio, hugetlb: {}, pids: { current: 0n, limit: 0n }, timestamp: 0n },
    memory: { cache: 0n, usage: zeros, swap: zeros, kernel: zeros, raw: {} },
    cpu: {
      ...{ total: 0n, perCpu: [], kernel: 0n, user: 0n, system: 0n },
      throttling: { periods: 0n, throttledPeriods: 0n, throttledTime: 0n },
    },
  },
};

/** What the supervisor relies on: whatever passes the API may become part of a path, an argument, a system call. */
function checkTask(task: Task): void {
  if (task.kind !== "state" || task.id !== undefined) assert.ok(isId(task.id ?? ""), task.kind);
  for (const name of ["process", "name"] as const)
    if (name in task) assert.ok(isId(String(task[name as keyof Task])), name);
  for (const name of ["stdin", "stdout", "stderr", "dir", "bundle"] as const) {
    const path = name in task ? String(task[name as keyof Task]) : "";
    assert.ok((path === "" || isAbsolute(path)) && !path.includes("\0"), `${name} ${path}`);
  }
  if (task.kind === "create") {
    assert.notEqual(task.bundle, "");
    assert.ok(task.checkpoint === undefined || isId(task.checkpoint.name));
    assert.ok(![task.runtime, ...task.runtimeArgs].join("").includes("\0"));
  }
  if (task.kind === "create-checkpoint") assert.ok(isId(task.checkpoint.name));
  if (task.kind === "signal") assert.ok(task.signal >= 1 && task.signal <= 64);
  if (task.kind === "add-process") {
    assert.ok(task.spec.args.length > 0 && task.process !== "init");
    assert.ok(![...task.spec.args, ...(task.spec.env ?? []), task.spec.cwd].join("").includes("\0"));
  }
  if (task.kind === "update-process") assert.ok(task.width <= 65_535 && task.height <= 65_535);
}

function checkEnd({ method, code, details }: Ended): void {
  assert.ok(code === ok || code === invalidArgument, `${method} ended with ${code}: ${details}`);
  if (code === ok) return;
  assert.ok(details.length > 0 && details.length < 5000, `${method}: ${details.length} characters`);
}

test("whatever the fields of a request hold, it is refused in words or becomes a task that makes sense", async () => {
  await using stack = new AsyncDisposableStack();
  const { supervisor, socket } = await serveFake(stack);
  const caller = stack.use(new RawCaller(socket));
  supervisor.answer = (task) => answers[task.kind];
  let tasks = 0;
  const plausible = { id: ["a", "b"], pid: ["init", "p"], bundlePath: ["/b"], status: ["running", "paused"] };
  const any = fc.oneof(
    ...methods.map((method) => fc.tuple(fc.constant(method), anyMessage(method.input, plausible))),
  );
  await fc.assert(
    fc.asyncProperty(any, async ([method, message]) => {
      supervisor.sent.length = 0;
      checkEnd(await caller.message(method, message));
      for (const task of supervisor.sent) checkTask(task as Task);
      tasks += supervisor.sent.length;
    }),
    runs(1500),
  );
  assert.ok(tasks > 0);
});

test("whatever the bytes of a request are, it is refused in words or becomes a task that makes sense", async () => {
  await using stack = new AsyncDisposableStack();
  const { supervisor, socket } = await serveFake(stack);
  const caller = stack.use(new RawCaller(socket));
  supervisor.answer = (task) => answers[task.kind];
  let tasks = 0;
  // tags of small fields and of every wire type come often among small numbers
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }).map((list) => Uint8Array.from(list)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...methods), bytes, async (method, request) => {
      supervisor.sent.length = 0;
      checkEnd(await caller.bytes(method, request));
      for (const task of supervisor.sent) checkTask(task as Task);
      tasks += supervisor.sent.length;
    }),
    runs(1000),
  );
  assert.ok(tasks > 0);
});
