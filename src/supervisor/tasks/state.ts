import { cpus, totalmem } from "node:os";
import type { Context } from "../context.ts";
import type { StateTask, StateView } from "../task.ts";
import { viewOf } from "../view.ts";

/** How many containers are looked at before others get their turn on the event loop. */
const atOnce = 200;

/** All containers, or one; reads the kernel and runs nothing. */
export async function state(context: Context, task: StateTask): Promise<StateView> {
  const { containers } = context;
  const chosen =
    task.id === undefined
      ? containers.all().filter((each) => each.state.kind !== "starting")
      : [containers.require(task.id)];
  const views = [];
  for (const [index, container] of chosen.entries()) {
    if (index > 0 && index % atOnce === 0) await new Promise(setImmediate);
    views.push(viewOf(container));
  }
  return { containers: views, machine };
}

/** 0.2.x counts memory in MiB. */
const machine = { cpus: cpus().length, memory: BigInt(Math.floor(totalmem() / 1024 / 1024)) };
