import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { abortFailure, withTimeout } from "../../base/deadline.ts";
import { fromErrno } from "../../base/errno.ts";
import { errnoOf, Failure } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { timed } from "../../base/metrics.ts";
import { readSpec } from "../../oci/read-spec.ts";
import { hasOwnPidNamespace, rootIds, type Spec } from "../../oci/spec.ts";
import { findCgroups } from "../../runtime/cgroup/cgroups.ts";
import { findLeftCgroups } from "../../runtime/cgroup/expected.ts";
import { settleCheckpoint } from "../../runtime/checkpoint-leftovers.ts";
import { Container } from "../../runtime/container.ts";
import { Process } from "../../runtime/process.ts";
import { type ContainerRecord, writeContainerRecord } from "../../state/container-record.ts";
import { type ProcessRecord, writeProcessRecord } from "../../state/process-record.ts";
import type { Context } from "../context.ts";
import { randomInstance } from "../instance.ts";
import { launch } from "../launching.ts";
import { logTarget } from "../log-settings.ts";
import { takeBack } from "../take-back.ts";
import type { ContainerView, CreateTask } from "../task.ts";
import { tellStart } from "../tell-start.ts";
import { viewOf } from "../view.ts";

const startTimeout = "containerd: container did not start before the specified timeout";

/** Creates and starts, or restores, a container: resolves when its init runs. On failure nothing of it is left, and its id is free. */
export async function create(
  context: Context,
  task: CreateTask,
  signal: AbortSignal,
): Promise<ContainerView> {
  const { settings, metrics } = context;
  // one that is ending is waited for: a restart policy uses its id again at once
  if (context.containers.get(task.id)?.state.kind === "running") throw inUse(context, task.id);
  using _turn = await context.turns.exclusive(task.id, signal);
  using _start = await context.starts.acquire(signal);
  // counted from here: who waits for thousands of others to start is not late
  using limited = withTimeout(
    signal,
    settings.startTimeout,
    () => new Failure("DEADLINE_EXCEEDED", startTimeout),
  );
  return await timed(metrics, "container-create-time", () => createInTurn(context, task, limited.signal));
}

async function createInTurn(context: Context, task: CreateTask, signal: AbortSignal): Promise<ContainerView> {
  const spec = await readSpec(task.bundle);
  if (task.checkpoint !== undefined) await settleCheckpoint(task.checkpoint.dir, task.checkpoint.name);
  await using undo = new AsyncDisposableStack();
  const container = record(context, task, spec, undo);
  const init = new Process(
    "init",
    container.directory.process("init"),
    initRecord(context, task, spec),
    (fd) => context.sys.close(fd),
  );
  written(init.directory.processFile, () => {
    mkdirSync(init.directory.path, { mode: 0o711 });
    writeProcessRecord(init.directory, init.record);
  });
  failpoint("create.recorded");
  container.processes.set("init", init);
  context.containers.add(container);
  undo.defer(() => {
    init[Symbol.dispose]();
    context.containers.remove(container);
    context.shims.release(container);
  });
  undo.defer(() => takeBack(context, container, init));
  await timed(context.metrics, "container-start-time", () => launch(context, container, init, signal));
  // its caller may have gone away while it succeeded
  if (signal.aborted) throw abortFailure(signal);
  undo.move();
  // one that was killed at once, perhaps for want of memory, has left its cgroups behind
  container.cgroups = findCgroups(init.pid) ?? findLeftCgroups(spec.linux?.cgroupsPath, task.id);
  context.oom.watch(container);
  container.started();
  tellStart(context, container, init);
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
    throw errnoOf(error) === "EEXIST" ? inUse(context, task.id) : fromErrno(error, `mkdir ${directory.path}`);
  }
  undo.defer(() => context.removal.remove(directory.path));
  const own = task.runtime !== "";
  const container: ContainerRecord = {
    ...{ id: task.id, instance: randomInstance(), bundle: task.bundle, labels: task.labels },
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
      cgroupsPath: spec.linux?.cgroupsPath ?? "",
    },
  };
  written(directory.stateFile, () => writeContainerRecord(directory, container));
  return new Container(container, directory);
}

function written(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw fromErrno(error, `write ${path}`);
  }
}

/** 0.2.9's text, which is Go's of mkdir(2). */
function inUse({ state }: Context, id: string): Failure {
  return new Failure("ALREADY_EXISTS", `mkdir ${state.container(id).path}: file exists`);
}

function initRecord(context: Context, task: CreateTask, spec: Spec): ProcessRecord {
  const root = rootIds(spec);
  const log = logTarget(context.settings.logs, task);
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
    ...(log === undefined ? {} : { log }),
    ...(task.checkpoint === undefined ? {} : { checkpoint: join(task.checkpoint.dir, task.checkpoint.name) }),
  };
}
