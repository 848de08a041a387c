import type { Metrics } from "../../base/metrics.ts";
import { Timer, type TimerFigures } from "./timer.ts";

/** The timers of containerd 0.2.x; they are there, with a count of 0, before the first sample. */
const timerNames = [
  "container-create-time",
  "container-delete-time",
  "container-start-time",
  "container-stats-time",
  "exec-process-time",
  "exit-process-time",
];
const counterNames = ["tasks", "exits", "oom-kills", "shim-deaths"];

/** What is known of the daemon's work, by containerd 0.2.x's names (`container-start-time`). */
export class Registry implements Metrics {
  readonly #timers = new Map<string, Timer>(timerNames.map((name) => [name, new Timer()]));
  readonly #counters = new Map<string, number>(counterNames.map((name) => [name, 0]));
  readonly #gauges = new Map<string, () => number>();
  readonly #observers: ((name: string, seconds: number) => void)[] = [];

  time(name: string, seconds: number): void {
    let timer = this.#timers.get(name);
    if (timer === undefined) {
      timer = new Timer();
      this.#timers.set(name, timer);
    }
    timer.add(seconds);
    for (const observe of this.#observers) observe(name, seconds);
  }

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  gauge(name: string, read: () => number): void {
    this.#counters.delete(name);
    this.#gauges.set(name, read);
  }

  /** Calls `observe` for each sample from now on. */
  onTime(observe: (name: string, seconds: number) => void): void {
    this.#observers.push(observe);
  }

  timers(): [name: string, TimerFigures][] {
    return [...this.#timers].map(([name, timer]) => [name, timer.figures()]);
  }

  /** Counters and gauges alike: a name and its value now. */
  values(): [name: string, value: number][] {
    const gauges = [...this.#gauges].map(([name, read]): [string, number] => [name, read()]);
    return [...this.#counters, ...gauges];
  }
}
