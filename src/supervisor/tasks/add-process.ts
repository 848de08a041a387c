import { mkdirSync } from "node:fs";
import { abortFailure, firstOf, withTimeout } from "../../base/deadline.ts";
import { fromErrno } from "../../base/errno.ts";
import { errnoOf, Failure } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { timed } from "../../base/metrics.ts";
import { isFrozen } from "../../runtime/cgroup/freezer.ts";
import { type Container, notRunning } from "../../runtime/container.ts";
import { Process } from "../../runtime/process.ts";
import type { ProcessDir } from "../../state/layout.ts";
import { writeProcessRecord } from "../../state/process-record.ts";
import type { Context } from "../context.ts";
import { launch } from "../launching.ts";
import { takeBack } from "../take-back.ts";
import type { AddProcessTask } from "../task.ts";
import { tellStart } from "../tell-start.ts";

const startTimeout = "containerd: process did not start before the specified timeout";

/** Executes a process in a running container; several may be on their way in one container at once. */
export async function addProcess(
  context: Context,
  task: AddProcessTask,
  signal: AbortSignal,
): Promise<{ readonly systemPid: number }> {
  using limited = withTimeout(
    signal,
    context.settings.startTimeout,
    () => new Failure("DEADLINE_EXCEEDED", startTimeout),
  );
  using _turn = await context.turns.shared(task.id, limited.signal);
  const container = context.containers.requireRunning(task.id);
  if (container.cgroups !== undefined && isFrozen(container.cgroups)) {
    // crun would wait until somebody resumes it, and hold one of the shim's few launches
    throw new Failure("FAILED_PRECONDITION", `cannot exec in ${task.id}: it is paused`);
  }
  return await timed(context.metrics, "exec-process-time", () =>
    execute(context, container, task, limited.signal),
  );
}

async function execute(
  context: Context,
  container: Container,
  task: AddProcessTask,
  signal: AbortSignal,
): Promise<{ readonly systemPid: number }> {
  const { init } = container;
  if (init === undefined) throw notRunning(task.id);
  await using undo = new AsyncDisposableStack();
  const directory = reserve(context, container, task.process, undo);
  const process = new Process(
    task.process,
    directory,
    {
      ...{
        ...task.spec,
        exec: true,
        stdin: task.stdin,
        stdout: task.stdout,
        stderr: task.stderr,
        noPivotRoot: container.record.noPivotRoot,
      },
      ...{
        runtimeArgs: container.record.runtimeArgs,
        rootUID: init.record.rootUID,
        rootGID: init.record.rootGID,
      },
    },
    (fd) => context.sys.close(fd),
  );
  write(directory, process);
  failpoint("exec.recorded");
  container.processes.set(process.name, process);
  undo.defer(() => {
    container.processes.delete(process.name);
    process[Symbol.dispose]();
  });
  undo.defer(() => takeBack(context, container, process));
  using alive = firstOf(signal, container.ending);
  try {
    await launch(context, container, process, alive.signal);
  } catch (error) {
    throw container.ending.aborted && !signal.aborted ? notRunning(task.id, error) : error;
  }
  if (signal.aborted) throw abortFailure(signal);
  undo.move();
  const { pid } = process;
  tellStart(context, container, process);
  failpoint("exec.logged");
  context.exits.tell(container, process);
  return { systemPid: pid };
}

/** Makes the process's directory, which is what reserves its name. */
function reserve(
  { removal }: Context,
  container: Container,
  name: string,
  undo: AsyncDisposableStack,
): ProcessDir {
  const directory = container.directory.process(name);
  if (container.processes.has(name)) throw inUse(container.id, name);
  try {
    mkdirSync(directory.path, { mode: 0o711 });
  } catch (error) {
    throw errnoOf(error) === "EEXIST"
      ? inUse(container.id, name)
      : fromErrno(error, `mkdir ${directory.path}`);
  }
  undo.defer(() => removal.remove(directory.path));
  return directory;
}

function write(directory: ProcessDir, process: Process): void {
  try {
    writeProcessRecord(directory, process.record);
  } catch (error) {
    throw fromErrno(error, `write ${directory.processFile}`);
  }
}

function inUse(id: string, name: string): Failure {
  return new Failure("ALREADY_EXISTS", `containerd: process ${name} of container ${id} already exists`);
}
