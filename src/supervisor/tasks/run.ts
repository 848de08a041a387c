import type { Context } from "../context.ts";
import type { ResultOf, Task } from "../task.ts";
import { addProcess } from "./add-process.ts";
import { checkpoints, createCheckpoint, removeCheckpoint } from "./checkpoints.ts";
import { create } from "./create.ts";
import { pause } from "./pause.ts";
import { signal } from "./signal.ts";
import { state } from "./state.ts";
import { stats } from "./stats.ts";
import { update } from "./update.ts";
import { updateProcess } from "./update-process.ts";

type Handlers = {
  readonly [K in Task["kind"]]: (
    context: Context,
    task: Extract<Task, { kind: K }>,
    signal: AbortSignal,
  ) => Promise<ResultOf<Extract<Task, { kind: K }>>>;
};

/** Which file does which task. */
const handlers = {
  create,
  "add-process": addProcess,
  signal,
  "update-process": updateProcess,
  pause,
  resume: pause,
  update,
  "create-checkpoint": createCheckpoint,
  "delete-checkpoint": removeCheckpoint,
  "list-checkpoints": checkpoints,
  state,
  stats,
} satisfies Handlers;

export function run<T extends Task>(context: Context, task: T, signal: AbortSignal): Promise<ResultOf<T>> {
  // a handler takes the task of its own kind: TypeScript cannot see that `task.kind` chose it
  const handler = handlers[task.kind] as unknown as (
    context: Context,
    task: T,
    signal: AbortSignal,
  ) => Promise<ResultOf<T>>;
  return handler(context, task, signal);
}
