import type { Row } from "../row.ts";
import { ctrVersion } from "./ctr-version.ts";
import { density } from "./density.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { exitLatency } from "./exit-latency.ts";
import { lifecycle } from "./lifecycle.ts";
import { memory } from "./memory.ts";
import { restore } from "./restore.ts";
import { start } from "./start.ts";
import { state } from "./state.ts";
import { stats } from "./stats.ts";
import { stdio, terminal } from "./stdio.ts";

/** In the order of the report. */
export const rows: readonly Row[] = [
  start,
  lifecycle,
  exec,
  exitLatency,
  state,
  stats,
  memory,
  restore,
  events,
  stdio,
  terminal,
  ctrVersion,
  density,
];
