import type { Poller, Sys } from "../../sys/sys.ts";

/** Two, because one poller knows a descriptor once, and a terminal's master is both read and written. */
export interface Polls {
  readonly reading: Poller;
  readonly writing: Poller;
}

export function makePolls(sys: Pick<Sys, "poller">): Polls {
  return { reading: sys.poller(), writing: sys.poller() };
}
