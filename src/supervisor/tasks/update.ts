import { rmSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../../base/failpoint.ts";
import { replaceFile } from "../../base/files.ts";
import { applyUpdate } from "../../runtime/update.ts";
import type { Context } from "../context.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { UpdateTask } from "../task.ts";

/** Changes limits: only those that are named. */
export async function update(context: Context, task: UpdateTask, signal: AbortSignal): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.require(task.id);
  const { resources } = task;
  const run = async (json: string): Promise<void> => {
    const file = join(container.directory.path, "resources.json");
    using cleanup = new DisposableStack();
    cleanup.defer(() => rmSync(file, { force: true }));
    replaceFile(file, json);
    await runtimeOf(context, container).update(task.id, file, signal);
  };
  await applyUpdate({ resources, cgroups: container.cgroups, run });
  failpoint("update.done");
}
