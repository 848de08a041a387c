import { fromErrno } from "../../base/errno.ts";
import { Failure } from "../../base/errors.ts";
import type { Process } from "../../runtime/process.ts";
import type { Member } from "../containers.ts";
import type { Context } from "../context.ts";
import type { UpdateProcessTask } from "../task.ts";

/** Closes stdin, then resizes where a size is given: 0.2.x's order. */
export async function updateProcess(
  context: Context,
  task: UpdateProcessTask,
  signal: AbortSignal,
): Promise<undefined> {
  using _turn = await context.turns.shared(task.id, signal);
  const member = context.containers.requireProcess(task.id, task.process);
  if (member.process.state.kind !== "running") return;
  if (task.closeStdin) await closeStdin(context, member);
  if (task.width > 0 || task.height > 0) await resize(context, member, task);
}

async function closeStdin(context: Context, { container, process }: Member): Promise<void> {
  const key = { container: container.id, process: process.name };
  // the daemon's duplicate first: as long as anybody has a write end open, stdin does not end
  process.dropStdinWriter();
  await context.shims.tell(container, (connection) => connection.closeStdin(key));
}

async function resize(
  context: Context,
  { container, process }: Member,
  { width, height }: UpdateProcessTask,
): Promise<void> {
  if (!hasTerminal(process)) {
    const message = `process ${process.name} of ${container.id} has no terminal to resize`;
    throw new Failure("FAILED_PRECONDITION", message);
  }
  const { terminal } = process.held;
  if (terminal === undefined) {
    const key = { container: container.id, process: process.name };
    await context.shims.tell(container, (connection) => connection.resize(key, width, height));
    return;
  }
  try {
    // its duplicate of the terminal is as good as the shim's, and here whether that lives or not
    context.sys.resize(terminal, width, height);
  } catch (error) {
    throw fromErrno(error, `resize the terminal of process ${process.name} of ${container.id}`);
  }
}

function hasTerminal(process: Process): boolean {
  return process.held.terminal !== undefined || process.record.terminal === true;
}
