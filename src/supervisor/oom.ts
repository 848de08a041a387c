import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Metrics } from "../base/metrics.ts";
import { type OomWatch, oomKills } from "../runtime/cgroup/oom.ts";
import type { Container } from "../runtime/container.ts";
import { writeOomsTold } from "../state/oom-record.ts";
import type { EventHub } from "./events/hub.ts";

interface Parts {
  readonly watch: OomWatch;
  readonly events: EventHub;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Tells every kill for want of memory once: the cgroup's counter is compared with what was told, when the kernel rings and again before an
 * exit is told, so that a kill that was faster than the bell is not missed.
 */
export class Oom {
  readonly #parts: Parts;
  readonly #told = new WeakMap<Container, bigint>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param told how many of its kills earlier daemons have told */
  watch(container: Container, told = 0n): void {
    const { cgroups } = container;
    if (cgroups === undefined) return;
    if (told > 0n) this.#told.set(container, told);
    try {
      container.oomWatch = this.#parts.watch.add(cgroups, () => this.check(container));
    } catch (error) {
      // the cgroup of a container that has ended already: its exit looks at the counter as far as there is one
      this.#parts.logger.debug("no watch for OOM kills", { id: container.id, error: messageOf(error) });
    }
  }

  /** Tells what has not been told yet. */
  check(container: Container): void {
    if (container.cgroups === undefined || container.init?.startTold !== true) return;
    const kills = oomKills(container.cgroups);
    const told = this.#told.get(container) ?? 0n;
    if (kills <= told) return;
    this.#told.set(container, kills);
    this.#parts.metrics.count("oom-kills", Number(kills - told));
    const { id, instance } = container.record;
    for (let n = told; n < kills; n += 1n)
      this.#parts.events.append({ type: "oom", id, pid: "", status: 0, instance });
    this.#record(container, kills);
  }

  /** The log says it too, but forgets what is old. */
  #record(container: Container, kills: bigint): void {
    try {
      writeOomsTold(container.directory, kills);
    } catch (error) {
      const reason = messageOf(error);
      this.#parts.logger.warn("could not write how many OOM kills were told", { id: container.id, reason });
    }
  }
}
