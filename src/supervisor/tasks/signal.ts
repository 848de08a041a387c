import { fromErrno } from "../../base/errno.ts";
import { errnoOf, Failure } from "../../base/errors.ts";
import type { Context } from "../context.ts";
import type { SignalTask } from "../task.ts";

/** Sends a signal to a process by its pidfd: a pid that is another's by now is never hit. */
export async function signal(context: Context, task: SignalTask): Promise<undefined> {
  const { process } = context.containers.requireProcess(task.id, task.process);
  if (process.state.kind !== "running" || process.pidfd === undefined) throw gone();
  try {
    context.sys.pidfdSendSignal(process.pidfd, task.signal);
  } catch (error) {
    throw errnoOf(error) === "ESRCH"
      ? gone()
      : fromErrno(error, `send signal ${task.signal} to ${task.process} of ${task.id}`);
  }
}

/** Docker ignores this text after a kill: the process has ended, and its exit is about to be told. */
function gone(): Failure {
  return new Failure("NOT_FOUND", "no such process");
}
