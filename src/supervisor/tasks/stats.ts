import { timed } from "../../base/metrics.ts";
import { readStats } from "../../runtime/cgroup/stats.ts";
import type { Stats } from "../../runtime/stats.ts";
import type { Context } from "../context.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { StatsTask } from "../task.ts";

/** A reading from the kernel; from the runtime where that keeps no cgroup that can be found. */
export async function stats(context: Context, task: StatsTask, signal: AbortSignal): Promise<Stats> {
  const container = context.containers.require(task.id);
  return await timed(context.metrics, "container-stats-time", async () => {
    if (container.cgroups !== undefined)
      return readStats(container.cgroups, container.init?.pid ?? 0, context.clock);
    const { statsOfRuntime } = await import("../../runtime/stats-of-runtime.ts");
    return statsOfRuntime(await runtimeOf(context, container).stats(task.id, signal), context.clock);
  });
}
