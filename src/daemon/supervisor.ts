import type { Logger } from "../base/logger.ts";
import type { Metrics } from "../base/metrics.ts";
import type { StateDir } from "../state/layout.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { Sys } from "../sys/sys.ts";
import type { Options } from "./options.ts";

export interface SupervisorParts {
  readonly options: Options;
  readonly stateDir: StateDir;
  /** The shim's program. */
  readonly shim: string;
  readonly sys: Sys;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The supervisor as the command line wants it. */
export function openSupervisor({ options, stateDir, shim, sys, log, metrics }: SupervisorParts): Supervisor {
  const { runtime, runtimeArgs, shimPerContainer, startTimeout, startWorkers, retainCount } = options;
  const settings = { runtime, runtimeArgs, shim: [shim], shimPerContainer, startTimeout, startWorkers, retainCount };
  return new Supervisor({ sys, stateDir: stateDir.path, settings, logger: log, metrics });
}
