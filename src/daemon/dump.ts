import type { Logger } from "../base/logger.ts";

/** A part of the daemon that can say what it is doing: plain data, no secrets. */
export type Describe = () => unknown;

/**
 * Writes what the daemon is doing to its log, as SIGUSR1 asks for: 0.2.x's dump of Go routines, for a program that has none.
 */
export function dump(log: Logger, parts: Readonly<Record<string, Describe>>): void {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  log.info("dump", {
    ...Object.fromEntries(Object.entries(parts).map(([name, describe]) => [name, described(describe)])),
    process: {
      pid: process.pid,
      uptime: process.uptime(),
      memory: { rss, heapUsed, external, arrayBuffers },
      cpu: process.cpuUsage(),
      resources: counted(process.getActiveResourcesInfo()),
    },
  });
}

/** A dump is for when something is wrong: what cannot describe itself must not hide the rest. */
function described(describe: Describe): unknown {
  try {
    return describe();
  } catch (error) {
    return { error: String(error) };
  }
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
