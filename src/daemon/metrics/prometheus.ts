import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Gauge, Histogram, Registry as PrometheusRegistry } from "prom-client";
import { messageOf } from "../../base/errors.ts";
import type { HostPort } from "../options.ts";
import type { Registry } from "./registry.ts";

/** From a cgroup's reading to a start that times out, in seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Serves the metrics at /metrics: `container-start-time` as histogram `containerd_container_start_seconds`, counters as gauges. */
export async function servePrometheus(registry: Registry, { host, port }: HostPort): Promise<Server> {
  const prometheus = makePrometheus(registry);
  const server = createServer((request, response) => {
    if (request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end("metrics are at /metrics\n");
      return;
    }
    prometheus.metrics().then(
      (text) => response.writeHead(200, { "content-type": prometheus.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(`${messageOf(error)}\n`),
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  server.unref();
  return server;
}

/** prom-client's registry of the same figures: timers from now on, values when they are asked for. */
export function makePrometheus(registry: Registry): PrometheusRegistry {
  const prometheus = new PrometheusRegistry();
  const histograms = new Map<string, Histogram>();
  const histogram = (name: string): Histogram => {
    let found = histograms.get(name);
    if (found === undefined) {
      found = new Histogram({
        name: `containerd_${name.replace(/-time$/, "").replaceAll("-", "_")}_seconds`,
        help: `${name} of containerd 0.2.x`,
        buckets,
        registers: [prometheus],
      });
      histograms.set(name, found);
    }
    return found;
  };
  for (const [name] of registry.timers()) histogram(name);
  registry.onTime((name, seconds) => histogram(name).observe(seconds));
  for (const [name] of registry.values()) {
    new Gauge({
      name: `containerd_${name.replaceAll("-", "_")}`,
      help: `${name} now`,
      registers: [prometheus],
      collect() {
        const value = registry.values().find(([one]) => one === name)?.[1];
        if (value !== undefined) this.set(value);
      },
    });
  }
  return prometheus;
}
