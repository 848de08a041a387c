import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withTimeout } from "../../base/deadline.ts";
import { fromErrno } from "../../base/errno.ts";
import { errnoOf, Failure } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { timed } from "../../base/metrics.ts";
import { readSpec } from "../../oci/read-spec.ts";
import { hasOwnPidNamespace, rootIds, type Spec } from "../../oci/spec.ts";
import { findCgroups } from "../../runtime/cgroup/cgroups.ts";
import { Container } from "../../runtime/container.ts";
import { Process } from "../../runtime/process.ts";
import { type ContainerRecord, writeContainerRecord } from "../../state/container-record.ts";
import { type ProcessRecord, writeProcessRecord } from "../../state/process-record.ts";
import type { Context } from "../context.ts";
import { launch } from "../launching.ts";
import { deleteIfOurs } from "../runtime-of.ts";
import type { ContainerView, CreateTask } from "../task.ts";
import { viewOf } from "../view.ts";

const startTimeout = "containerd: container did not start before the specified timeout";

/** Creates and starts, or restores, a container: resolves when its init runs. On failure nothing of it is left, and its id is free. */
export async function create(
  context: Context,
  task: CreateTask,
  signal: AbortSignal,
): Promise<ContainerView> {
  const { settings, metrics } = context;
  using limited = withTimeout(
    signal,
    settings.startTimeout,
    () => new Failure("DEADLINE_EXCEEDED", startTimeout),
  );
  using _start = await context.starts.acquire(limited.signal);
  using _turn = await context.turns.exclusive(task.id, limited.signal);
  return await timed(metrics, "container-create-time", () => createInTurn(context, task, limited.signal));
}

async function createInTurn(context: Context, task: CreateTask, signal: AbortSignal): Promise<ContainerView> {
  const spec = await readSpec(task.bundle);
  await using undo = new AsyncDisposableStack();
  const container = record(context, task, spec, undo);
  const init = new Process(
    "init",
    container.directory.process("init"),
    initRecord(context, task, spec),
    (fd) => context.sys.close(fd),
  );
  mkdirSync(init.directory.path, { mode: 0o711 });
  writeProcessRecord(init.directory, init.record);
  failpoint("create.recorded");
  container.processes.set("init", init);
  context.containers.add(container);
  undo.defer(() => {
    init[Symbol.dispose]();
    context.containers.remove(container);
  });
  undo.defer(() => deleteIfOurs(context, container));
  await timed(context.metrics, "container-start-time", () => launch(context, container, init, signal));
  undo.move();
  container.cgroups = findCgroups(init.pid);
  context.oom.watch(container);
  container.started();
  init.startTold = true;
  context.events.append({
    type: "start-container",
    id: container.id,
    pid: "",
    status: 0,
    instance: container.record.instance,
  });
  failpoint("create.logged");
  const view = viewOf(container);
  context.exits.tell(container, init);
  return view;
}

/** Makes the container's directory, which is what reserves its id, and writes state.json. */
function record(context: Context, task: CreateTask, spec: Spec, undo: AsyncDisposableStack): Container {
  const { settings, state, bootId, clock } = context;
  const directory = state.container(task.id);
  try {
    mkdirSync(directory.path, { mode: 0o711 });
  } catch (error) {
    throw errnoOf(error) === "EEXIST"
      ? new Failure("ALREADY_EXISTS", `mkdir ${directory.path}: file exists`)
      : fromErrno(error, `mkdir ${directory.path}`);
  }
  undo.defer(() => rmSync(directory.path, { recursive: true, force: true }));
  const own = task.runtime !== "";
  const container: ContainerRecord = {
    ...{ id: task.id, instance: randomBytes(8).toString("hex"), bundle: task.bundle, labels: task.labels },
    ...{
      runtime: own ? task.runtime : settings.runtime,
      runtimeArgs: own ? task.runtimeArgs : settings.runtimeArgs,
    },
    ...{ shim: context.shims.nameFor(task.id), noPivotRoot: task.noPivotRoot, bootId, created: clock.now() },
    ...{
      stdin: task.stdin,
      stdout: task.stdout,
      stderr: task.stderr,
      ownPidNamespace: hasOwnPidNamespace(spec),
    },
  };
  try {
    writeContainerRecord(directory, container);
  } catch (error) {
    throw fromErrno(error, `write ${directory.stateFile}`);
  }
  return new Container(container, directory);
}

function initRecord(context: Context, task: CreateTask, spec: Spec): ProcessRecord {
  const root = rootIds(spec);
  return {
    ...spec.process,
    ...{
      exec: false,
      stdin: task.stdin,
      stdout: task.stdout,
      stderr: task.stderr,
      noPivotRoot: task.noPivotRoot,
    },
    ...{
      runtimeArgs: task.runtime === "" ? context.settings.runtimeArgs : task.runtimeArgs,
      rootUID: root.uid,
      rootGID: root.gid,
    },
    ...(task.checkpoint === undefined ? {} : { checkpoint: join(task.checkpoint.dir, task.checkpoint.name) }),
  };
}
