import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { Container } from "../runtime/container.ts";
import { Process, type ProcessExit } from "../runtime/process.ts";
import { ContainerDir } from "../state/layout.ts";
import { FakeSys } from "../sys/testing/fake.ts";
import { Containers } from "./containers.ts";
import type { Exits } from "./exits.ts";
import { identify } from "./identify.ts";
import { Watching } from "./watching.ts";

/** A process whose shim is dead, and what is noticed of its end. */
function orphan(stack: DisposableStack) {
  const sys = new FakeSys();
  const noticed: ProcessExit[] = [];
  const exits = {
    notice: (_: Container, process: Process, exit: ProcessExit) => {
      if (process.end(exit)) noticed.push(exit);
    },
  } as Partial<Exits> as Exits;
  const watching = stack.use(new Watching({ sys, exits, clock: { now: () => 7n }, logger: silentLogger }));
  // somebody else's child: nobody reaps it here
  const { pid, startTime } = sys.processes.start(undefined, 1);
  const directory = new ContainerDir("/nowhere/a");
  const stdio = { stdin: "", stdout: "", stderr: "", noPivotRoot: false, runtimeArgs: [] };
  const container = new Container(
    {
      ...{ id: "a", instance: "0123456789abcdef", bundle: "/b", labels: [], runtime: "runc", shim: "shared" },
      ...{ bootId: sys.boot, created: 1n, ownPidNamespace: true, cgroupsPath: "", ...stdio },
    },
    directory,
  );
  const process = new Process(
    "e",
    directory.process("e"),
    { user: { uid: 0, gid: 0 }, args: [], cwd: "/", exec: true, rootUID: 0, rootGID: 0, ...stdio },
    (fd) => sys.close(fd),
  );
  process.started(pid, startTime);
  return { sys, watching, container, process, pid, noticed };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test("an end is read from the zombie, before anybody has reaped it", async () => {
  using stack = new DisposableStack();
  const { sys, watching, container, process, pid, noticed } = orphan(stack);
  identify({ sys, containers: new Containers() }, container, process);
  watching.watch(container, process);
  sys.processes.exit(pid, { kind: "exited", code: 5 });
  await turn();
  assert.deepEqual(noticed, [{ pid, status: 5, at: 7n }]);
});

test("an end is read from the pidfd, when somebody has reaped the process already", async () => {
  using stack = new DisposableStack();
  const { sys, watching, container, process, pid, noticed } = orphan(stack);
  identify({ sys, containers: new Containers() }, container, process);
  sys.processes.exit(pid, { kind: "signaled", signal: 9 });
  sys.processes.reap(pid);
  watching.watch(container, process);
  await turn();
  assert.deepEqual(noticed, [{ pid, status: 137, at: 7n }]);
});

test("a process that was gone before it could be looked at has ended with 255", async () => {
  using stack = new DisposableStack();
  const { sys, watching, container, process, pid, noticed } = orphan(stack);
  sys.processes.exit(pid, { kind: "exited", code: 0 });
  sys.processes.reap(pid);
  identify({ sys, containers: new Containers() }, container, process);
  watching.watch(container, process);
  await turn();
  assert.deepEqual(noticed, [{ pid, status: 255, at: 7n }]);
});

test("a pid that is another's is not opened, and nothing stays open", () => {
  using stack = new DisposableStack();
  const { sys, container, process, pid } = orphan(stack);
  sys.processes.exit(pid, { kind: "exited", code: 0 });
  sys.processes.reap(pid);
  sys.processes.start(undefined, 1, pid);
  identify({ sys, containers: new Containers() }, container, process);
  assert.equal(process.pidfd, undefined);
  assert.deepEqual(sys.fds.open(), []);
});
