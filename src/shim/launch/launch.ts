import { rmSync } from "node:fs";
import { constants } from "node:os";
import { fromErrno } from "../../base/errno.ts";
import { Failure } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import type { Logger } from "../../base/logger.ts";
import { criuFailure, criuWorkDirectory, restoreEnvironment } from "../../runtime/cli/criu.ts";
import { runtimeFailure } from "../../runtime/cli/errors.ts";
import { type Execute, ended, spawnFailure } from "../../runtime/cli/execute.ts";
import { readPidFile, writeIdentity } from "../../state/identity.ts";
import { ProcessDir } from "../../state/layout.ts";
import { type ProcessRecord, readProcessRecord } from "../../state/process-record.ts";
import type { Children } from "../../sys/children.ts";
import type { Sys, WaitStatus } from "../../sys/sys.ts";
import type { LaunchRequest } from "../protocol.ts";
import type { Polls } from "../stdio/polls.ts";
import { type Prepared, prepareStdio } from "../stdio/prepare.ts";
import type { ProcessStdio } from "../stdio/process-stdio.ts";
import { command } from "./command.ts";
import type { Endings } from "./endings.ts";
import { RuntimeLog } from "./runtime-log.ts";
import { type Remains, RuntimeProcess } from "./runtime-process.ts";
import { undoStart } from "./undo.ts";

export interface LaunchNeeds {
  readonly sys: Sys;
  readonly polls: Polls;
  readonly children: Children;
  readonly endings: Endings;
  /** The pids of processes that were launched before. */
  readonly known: () => ReadonlySet<number>;
  /** Runs the runtime for cleaning up. */
  readonly execute: Execute;
  /** The runtime's environment. */
  readonly env: readonly string[];
  readonly log: Logger;
}

/** A process that runs, or has already ended. */
export interface LaunchedProcess {
  readonly pid: number;
  /** 0n where it had ended before it could be looked at. */
  readonly startTime: bigint;
  readonly stdio: ProcessStdio;
  readonly ended: Promise<WaitStatus | undefined>;
}

interface Attempt {
  readonly request: LaunchRequest;
  readonly record: ProcessRecord;
  readonly directory: ProcessDir;
}

/**
 * Has the runtime start, execute or restore what process.json says.
 *
 * @param signal ends the runtime, and with it whatever it has made so far; CANCELLED is thrown when nothing is left
 * @throws the runtime's failure in its own words; "shim error: …" for what the shim itself could not do
 */
export async function launch(
  needs: LaunchNeeds,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<LaunchedProcess> {
  const directory = new ProcessDir(request.directory);
  const record = readProcessRecord(directory);
  if (record === undefined)
    throw new Failure("NOT_FOUND", `shim error: there is no ${directory.processFile}`);
  const attempt: Attempt = { request, record, directory };
  using stdio = shimError(() => prepareStdio(needs, record, directory.path));
  failpoint("shim.opened");
  // The runtime tells the pid of a process that may have ended by then.
  using _expecting = needs.children.expecting();
  await runRuntime(needs, attempt, stdio, signal);
  return await takeOver(needs, attempt, stdio);
}

/** Resolves when the runtime has done its work. */
async function runRuntime(
  needs: LaunchNeeds,
  attempt: Attempt,
  stdio: Prepared,
  signal: AbortSignal,
): Promise<void> {
  const { request, record, directory } = attempt;
  const file = request.runtime;
  const args = [file, ...shimError(() => command(request, record, directory, stdio.consoleSocket))];
  rmSync(directory.pidFile, { force: true });
  const log = shimError(() => new RuntimeLog(directory.runtimeLog, record.runtimeArgs));
  const { stdin, stdout, stderr } = stdio;
  const { checkpoint } = record;
  const env = checkpoint === undefined ? needs.env : [...needs.env, ...restoreEnvironment(checkpoint)];
  const runtime = spawn(needs, { file, args, env, stdin, stdout, stderr });
  stdio.spawned();
  let remains: Remains | undefined;
  const kill = (): void => {
    remains = runtime.kill(directory.pidFile, needs.known());
  };
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  failpoint("shim.spawned");
  const status = await runtime.ended;
  signal.removeEventListener("abort", kill);
  if (status.kind === "exited" && status.code === 0) return;
  // A runtime that failed has cleaned up itself. Of an exec nothing but the processes is left, and these were killed.
  if (status.kind === "signaled" && !record.exec) await undo(needs, attempt, remains);
  if (status.kind === "signaled" && record.exec) endExecuted(needs, directory);
  if (remains !== undefined) throw new Failure("CANCELLED", "the start was aborted");
  const failure = runtimeFailure({ log: log.read(), stderr: stdio.said(), ended: ended(status) });
  throw checkpoint === undefined
    ? failure
    : criuFailure(failure, `${criuWorkDirectory(checkpoint)}/restore.log`);
}

/** A runtime that was killed after it had executed the process leaves it running, with nobody who knows its name. */
function endExecuted({ sys, known }: LaunchNeeds, directory: ProcessDir): void {
  const pid = readPidFile(directory);
  // an orphan of that runtime is a child of this process, and no launched one: nobody else's pid is hit
  if (pid === undefined || known().has(pid) || sys.readProc(pid)?.ppid !== process.pid) return;
  sys.kill(pid, constants.signals.SIGKILL);
}

/** The runtime is gone, the process is this one's. */
async function takeOver(needs: LaunchNeeds, attempt: Attempt, stdio: Prepared): Promise<LaunchedProcess> {
  const { sys, endings } = needs;
  const { directory } = attempt;
  const pid = readPidFile(directory);
  let undone: (() => void) | undefined;
  try {
    if (pid === undefined)
      throw new Failure("INTERNAL", `shim error: the runtime wrote no pid into ${directory.pidFile}`);
    // Before anything is awaited: its exit is kept no longer than that.
    const processEnded = endings.ofLaunched(pid);
    let isOver = false;
    const over = processEnded.finally(() => {
      isOver = true;
    });
    undone = () => {
      if (!isOver) sys.kill(pid, constants.signals.SIGKILL);
    };
    const startTime = sys.readProc(pid)?.startTime ?? 0n;
    const taken = await stdio.take();
    try {
      shimError(() => writeIdentity(directory, { pid, startTime, bootId: sys.bootId() }));
    } catch (error) {
      taken.drop();
      throw error;
    }
    failpoint("shim.launched");
    return { pid, startTime, stdio: taken, ended: over };
  } catch (error) {
    undone?.();
    if (!attempt.record.exec) await undo(needs, attempt, undefined);
    throw error;
  }
}

function spawn(needs: LaunchNeeds, request: ConstructorParameters<typeof RuntimeProcess>[2]): RuntimeProcess {
  try {
    return new RuntimeProcess(needs.sys, needs.children, request);
  } catch (error) {
    throw spawnFailure(request.file, error);
  }
}

async function undo(
  needs: LaunchNeeds,
  { request, record, directory }: Attempt,
  remains: Remains | undefined,
): Promise<void> {
  const { container, bundle, runtime } = request;
  const half = { container, bundle, runtime, runtimeArgs: record.runtimeArgs, log: directory.runtimeLog };
  await undoStart(needs.execute, { ...half, cgroups: remains?.cgroups ?? [] }, needs.log);
}

/** What the system refuses the shim is told as 0.2.x told it. */
function shimError<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw fromErrno(error, "shim error");
  }
}
