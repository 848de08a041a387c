import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Semaphore } from "../base/semaphore.ts";
import type { Turns } from "../base/turns.ts";
import type { Execute } from "../runtime/cli/execute.ts";
import type { StateDir } from "../state/layout.ts";
import type { Sys } from "../sys/sys.ts";
import type { Containers } from "./containers.ts";
import type { EventHub } from "./events/hub.ts";
import type { Exits } from "./exits.ts";
import type { LogSettings } from "./log-settings.ts";
import type { Oom } from "./oom.ts";
import type { Removal } from "./removal.ts";
import type { Shims } from "./shims/shims.ts";
import type { Watching } from "./watching.ts";

export interface SupervisorSettings {
  /** Used where a request names no runtime: --runtime and --runtime-args. */
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  /** The shim's program and its first arguments. */
  readonly shim: readonly string[];
  readonly shimPerContainer: boolean;
  /** In ms; 0 is no limit. */
  readonly startTimeout: number;
  /** How many containers may be started at once. */
  readonly startWorkers: number;
  /** --retain-count */
  readonly retainCount: number;
  /** What becomes of output that no client gave a path for. */
  readonly logs: LogSettings;
}

/** What the tasks share. */
export interface Context {
  readonly sys: Sys;
  readonly clock: Clock;
  readonly settings: SupervisorSettings;
  readonly state: StateDir;
  readonly bootId: string;
  readonly containers: Containers;
  /** The order of tasks on one container. */
  readonly turns: Turns;
  readonly starts: Semaphore;
  readonly execute: Execute;
  readonly shims: Shims;
  readonly events: EventHub;
  readonly exits: Exits;
  readonly oom: Oom;
  readonly watching: Watching;
  readonly removal: Removal;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
