import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { silentLogger } from "../../base/logger.ts";
import { addProcessMetrics } from "./process.ts";
import { makePrometheus, servePrometheus } from "./prometheus.ts";
import { Registry } from "./registry.ts";
import { graphiteLines, logFields, reportMetrics } from "./report.ts";
import { Timer } from "./timer.ts";

test("a timer knows its figures exactly as long as its samples fit, and its count, mean and extremes always", () => {
  const timer = new Timer();
  for (let n = 1; n <= 1000; n += 1) timer.add(n);
  const { count, min, max, mean, percentile } = timer.figures();
  assert.deepEqual([count, min, max, mean], [1000, 1, 1000, 500.5]);
  assert.equal(percentile(0.5), 501);
  assert.equal(percentile(0.99), 991);
  for (let n = 0; n < 100_000; n += 1) timer.add(2000);
  assert.equal(timer.figures().count, 101_000);
  assert.equal(timer.figures().min, 1);
  assert.equal(timer.figures().percentile(0.5), 2000);
});

test("a timer without a sample is all zeros", () => {
  const { count, min, max, mean, stdDev, percentile } = new Timer().figures();
  assert.deepEqual([count, min, max, mean, stdDev, percentile(0.99)], [0, 0, 0, 0, 0, 0]);
});

test("containerd 0.2.x's timers and counters are there from the start, in the log and for Graphite", () => {
  const registry = new Registry();
  registry.gauge("containers", () => 3);
  registry.gauge("event-subscribers", () => 2);
  registry.count("tasks");
  registry.time("container-start-time", 0.25);
  const fields = logFields(registry);
  for (const name of ["create", "delete", "start", "stats"]) assert.ok(`container-${name}-time` in fields);
  for (const name of ["exec-process-time", "exit-process-time"]) assert.ok(name in fields);
  assert.deepEqual([fields["containers"], fields["event-subscribers"], fields["tasks"]], [3, 2, 1]);
  assert.deepEqual(fields["container-start-time"], {
    count: 1,
    min: 250,
    max: 250,
    mean: 250,
    p50: 250,
    p95: 250,
    p99: 250,
  });
  const lines = graphiteLines(registry, 1700000000).split("\n");
  assert.ok(lines.includes("metrics.containers.count 3 1700000000"));
  assert.ok(lines.includes("metrics.container-start-time.count 1 1700000000"));
  assert.ok(lines.includes("metrics.container-start-time.max 250000000 1700000000"));
  assert.ok(lines.includes("metrics.container-start-time.999-percentile 250000000 1700000000"));
});

test("reports go to the Graphite server that is named", async () => {
  using stack = new DisposableStack();
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  const registry = new Registry();
  stack.use(
    reportMetrics({ registry, interval: 10, graphite: { host: "127.0.0.1", port }, log: silentLogger }),
  );
  const [socket] = (await once(server, "connection")) as [net.Socket];
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^metrics\.tasks\.count 0 \d+$/m);
});

test("Prometheus reads durations as histograms and the daemon's own figures", async () => {
  const registry = new Registry();
  addProcessMetrics(registry);
  const text = makePrometheus(registry);
  registry.time("exec-process-time", 0.02);
  const shown = await text.metrics();
  assert.match(shown, /^containerd_exec_process_seconds_bucket\{le="0.025"\} 1$/m);
  assert.match(shown, /^containerd_container_start_seconds_count 0$/m);
  assert.match(shown, /^containerd_process_fds \d+$/m);
  const server = await servePrometheus(registry, { host: "127.0.0.1", port: 0 });
  const { port } = server.address() as net.AddressInfo;
  assert.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  server.close();
});
