/** 0.2.9's own timers and counters, and what was added to them. */
export type TimerName =
  | "container-create-time"
  | "container-start-time"
  | "container-delete-time"
  | "container-stats-time"
  | "exec-process-time"
  | "exit-process-time";
export type CounterName = "tasks" | "exits" | "oom-kills" | "shim-deaths";
export type GaugeName = "containers" | "event-subscribers" | "tasks-waiting" | "runtimes-running";

/** Where the parts report what they do; the daemon publishes it. */
export interface Metrics {
  /** @param seconds how long it took */
  time(name: TimerName, seconds: number): void;
  count(name: CounterName, by?: number): void;
  /** @param read is called whenever the figures are published */
  gauge(name: GaugeName, read: () => number): void;
}

export const noMetrics: Metrics = { time() {}, count() {}, gauge() {} };

/** Times what `work` takes, whether it succeeds or not. */
export async function timed<T>(metrics: Metrics, name: TimerName, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  try {
    return await work();
  } finally {
    metrics.time(name, (performance.now() - begin) / 1000);
  }
}
