import { rmSync } from "node:fs";
import { join } from "node:path";
import { firstOf } from "../../base/deadline.ts";
import { fromErrno } from "../../base/errno.ts";
import { failpoint } from "../../base/failpoint.ts";
import { replaceFile } from "../../base/files.ts";
import { applyUpdate } from "../../runtime/update.ts";
import type { Context } from "../context.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { UpdateTask } from "../task.ts";

/** Changes limits: only those that are named. */
export async function update(context: Context, task: UpdateTask, signal: AbortSignal): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.requireRunning(task.id);
  // a runtime that hangs in it must not keep the end of the container from being told
  using alive = firstOf(signal, container.ending);
  const { resources } = task;
  const run = async (json: string): Promise<void> => {
    const file = join(container.directory.path, "resources.json");
    using cleanup = new DisposableStack();
    cleanup.defer(() => rmSync(file, { force: true }));
    write(file, json);
    await runtimeOf(context, container).update(task.id, file, alive.signal);
  };
  await applyUpdate({ resources, cgroups: container.cgroups, run });
  failpoint("update.done");
}

function write(file: string, json: string): void {
  try {
    replaceFile(file, json);
  } catch (error) {
    throw fromErrno(error, `write ${file}`);
  }
}
