import { firstOf } from "../../base/deadline.ts";
import { failpoint } from "../../base/failpoint.ts";
import { isFrozen } from "../../runtime/cgroup/freezer.ts";
import type { Context } from "../context.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { PauseTask, ResumeTask } from "../task.ts";

/** Pauses or resumes; the event is in the log before the answer, and the answer waits for none of its readers. */
export async function pause(
  context: Context,
  task: PauseTask | ResumeTask,
  signal: AbortSignal,
): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.requireRunning(task.id);
  // a runtime that hangs in it must not keep the end of the container from being told
  using alive = firstOf(signal, container.ending);
  const runtime = runtimeOf(context, container);
  const wanted = task.kind === "pause";
  // a runtime calls it an error to pause what is paused; a client whose first call was cut off by a crash does not
  const done = container.cgroups !== undefined && isFrozen(container.cgroups) === wanted;
  if (!done) await (wanted ? runtime.pause(task.id, alive.signal) : runtime.resume(task.id, alive.signal));
  failpoint(wanted ? "pause.done" : "resume.done");
  const { instance } = container.record;
  context.events.append({ type: task.kind, id: task.id, pid: "", status: 0, instance });
}
