import { join } from "node:path";
import { Failure } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import {
  type CheckpointInfo,
  deleteCheckpoint,
  dumpCheckpoint,
  listCheckpoints,
} from "../../runtime/checkpoint.ts";
import type { Container } from "../../runtime/container.ts";
import type { Context } from "../context.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { CreateCheckpointTask, DeleteCheckpointTask, ListCheckpointsTask } from "../task.ts";

/** Freezes a container into files; with `exit` it ends with it. */
export async function createCheckpoint(
  context: Context,
  task: CreateCheckpointTask,
  signal: AbortSignal,
): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.require(task.id);
  await dumpCheckpoint({
    ...{
      directory: directoryOf(container, task.dir),
      info: task.checkpoint,
      runtime: runtimeOf(context, container),
      id: container.id,
      pid: container.init?.pid ?? 0,
      signal,
    },
    dumped: () => failpoint("checkpoint.dumped"),
  });
}

export async function removeCheckpoint(
  context: Context,
  task: DeleteCheckpointTask,
  signal: AbortSignal,
): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.require(task.id);
  await deleteCheckpoint(directoryOf(container, task.dir), task.name);
}

/** 0.2.x has a text of its own for an unknown container here. */
export async function checkpoints(
  context: Context,
  task: ListCheckpointsTask,
): Promise<readonly CheckpointInfo[]> {
  const container = context.containers.get(task.id);
  if (container === undefined) throw new Failure("NOT_FOUND", "no such containers");
  return await listCheckpoints(directoryOf(container, task.dir));
}

/** Where nothing else is said, a bundle's checkpoints are in the bundle. */
function directoryOf(container: Container, dir: string): string {
  return dir === "" ? join(container.record.bundle, "checkpoints") : dir;
}
