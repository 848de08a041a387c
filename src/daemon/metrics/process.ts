import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Registry } from "./registry.ts";

/** The daemon's own figures: memory in bytes, descriptors, libuv's handles and requests, CPU and event loop delay in seconds. */
export function addProcessMetrics(metrics: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.gauge("process-resident-memory", () => process.memoryUsage.rss());
  metrics.gauge("process-heap-used", () => process.memoryUsage().heapUsed);
  metrics.gauge("process-fds", () => readdirSync("/proc/self/fd").length);
  metrics.gauge("process-active-resources", () => process.getActiveResourcesInfo().length);
  metrics.gauge("process-cpu-time", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge("process-event-loop-delay", () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return seconds;
  });
}
