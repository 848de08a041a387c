import { Failure } from "../../base/errors.ts";
import type { Context } from "../context.ts";
import type { UpdateProcessTask } from "../task.ts";

/** Closes stdin, then resizes where a size is given: 0.2.x's order. */
export async function updateProcess(context: Context, task: UpdateProcessTask): Promise<undefined> {
  using _turn = await context.turns.shared(task.id);
  const { container, process } = context.containers.requireProcess(task.id, task.process);
  if (process.state.kind !== "running") return;
  const key = { container: container.id, process: process.name };
  if (task.closeStdin) {
    // the daemon's duplicate first: as long as anybody has a write end open, stdin does not end
    process.dropStdinWriter();
    await context.shims.tell(container, (connection) => connection.closeStdin(key));
  }
  if (task.width > 0 || task.height > 0) {
    if (process.held.terminal === undefined && process.record.terminal !== true) {
      throw new Failure(
        "FAILED_PRECONDITION",
        `process ${task.process} of ${task.id} has no terminal to resize`,
      );
    }
    await context.shims.tell(container, (connection) => connection.resize(key, task.width, task.height));
  }
}
