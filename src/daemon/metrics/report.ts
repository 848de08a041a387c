import net from "node:net";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { HostPort } from "../options.ts";
import type { Registry } from "./registry.ts";
import type { TimerFigures } from "./timer.ts";

const percentiles = [0.5, 0.75, 0.95, 0.99, 0.999];
/** A server that does not take its lines in this time (ms) gets the next ones. */
const graphiteTimeout = 10_000;

export interface ReportOptions {
  readonly registry: Registry;
  /** Milliseconds between reports, above 0. */
  readonly interval: number;
  readonly graphite: HostPort | undefined;
  readonly log: Logger;
}

/** Writes the metrics to the log, and to Graphite where one is named, once in each interval. */
export function reportMetrics({ registry, interval, graphite, log }: ReportOptions): Disposable {
  const timer = setInterval(() => {
    log.info("metrics", logFields(registry));
    if (graphite === undefined) return;
    const lines = graphiteLines(registry, Math.floor(Date.now() / 1000));
    sendLines(graphite, lines).catch((error: unknown) => {
      log.warn("metrics: cannot write to the Graphite server", { error: messageOf(error) });
    });
  }, interval);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** One field for each metric; durations in milliseconds. */
export function logFields(registry: Registry): Record<string, unknown> {
  const timers = registry.timers().map(([name, figures]) => [name, inMilliseconds(figures)]);
  return Object.fromEntries([...registry.values(), ...timers]);
}

function inMilliseconds(figures: TimerFigures): Record<string, number> {
  const ms = (seconds: number): number => Math.round(seconds * 1e6) / 1e3;
  return {
    count: figures.count,
    min: ms(figures.min),
    max: ms(figures.max),
    mean: ms(figures.mean),
    p50: ms(figures.percentile(0.5)),
    p95: ms(figures.percentile(0.95)),
    p99: ms(figures.percentile(0.99)),
  };
}

/**
 * Graphite's plain text, with the names and units that go-metrics' exporter gives containerd 0.2.x: prefix "metrics", durations in
 * nanoseconds.
 *
 * @param now seconds since 1970
 */
export function graphiteLines(registry: Registry, now: number): string {
  const lines = registry.values().map(([name, value]) => `metrics.${name}.count ${value} ${now}`);
  for (const [name, figures] of registry.timers()) {
    const put = (what: string, value: number): void =>
      void lines.push(`metrics.${name}.${what} ${value} ${now}`);
    const ns = (seconds: number): number => Math.round(seconds * 1e9);
    put("count", figures.count);
    put("min", ns(figures.min));
    put("max", ns(figures.max));
    put("mean", ns(figures.mean));
    put("std-dev", ns(figures.stdDev));
    for (const share of percentiles) {
      // 0.999 is "999-percentile"
      const name = String(Math.round(share * 1000) / 10).replace(".", "");
      put(`${name}-percentile`, ns(figures.percentile(share)));
    }
  }
  return `${lines.join("\n")}\n`;
}

function sendLines({ host, port }: HostPort, lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: graphiteTimeout });
    socket.unref();
    socket.on("timeout", () => socket.destroy(new Error(`no answer in ${graphiteTimeout / 1000} s`)));
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume().end(lines);
  });
}
