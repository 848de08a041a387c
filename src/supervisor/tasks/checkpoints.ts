import { join } from "node:path";
import { firstOf } from "../../base/deadline.ts";
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

/** How long a checkpoint with which its container ends may go on afterwards, before it is said to hang. */
const afterEndingMs = 60_000;

/** Freezes a container into files; with `exit` it ends with it. */
export async function createCheckpoint(
  context: Context,
  task: CreateCheckpointTask,
  signal: AbortSignal,
): Promise<undefined> {
  using _turn = await context.turns.exclusive(task.id, signal);
  const container = context.containers.requireRunning(task.id);
  using late = afterEnding(container);
  using limit = firstOf(signal, late.signal);
  await dumpCheckpoint({
    ...{
      directory: directoryOf(container, task.dir),
      info: task.checkpoint,
      runtime: runtimeOf(context, container),
      id: container.id,
      pid: container.init?.pid ?? 0,
      signal: limit.signal,
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

/** Aborts some time after the container's init has ended: whoever hangs then must not keep the end from being told for ever. */
function afterEnding({ ending }: Container): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onEnding = (): void => {
    timer = setTimeout(() => controller.abort(ending.reason), afterEndingMs);
  };
  ending.addEventListener("abort", onEnding, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      ending.removeEventListener("abort", onEnding);
      clearTimeout(timer);
    },
  };
}

/** Where nothing else is said, a bundle's checkpoints are in the bundle. */
function directoryOf(container: Container, dir: string): string {
  return dir === "" ? join(container.record.bundle, "checkpoints") : dir;
}
