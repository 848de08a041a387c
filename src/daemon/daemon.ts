import { ApiServer } from "../api/server.ts";
import { messageOf } from "../base/errors.ts";
import { StateDir } from "../state/layout.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { sendDatagram } from "../sys/linux/datagram.ts";
import { linuxSys } from "../sys/linux.ts";
import { dump } from "./dump.ts";
import { checkFree, groupNumber, listen, nameOf } from "./listen.ts";
import type { DaemonLog } from "./log.ts";
import { addProcessMetrics } from "./metrics/process.ts";
import { Registry } from "./metrics/registry.ts";
import { reportMetrics } from "./metrics/report.ts";
import type { Options } from "./options.ts";
import { findProgram, findShim } from "./programs.ts";
import { revision } from "./revision.ts";
import { lockStateDir } from "./state-lock.ts";
import type { Systemd } from "./systemd.ts";
import { checkTls } from "./tls.ts";

/** How long a stop waits for calls under way, in milliseconds; Docker Engine kills a containerd of its own after 15 s. */
const stopGrace = 5000;

export interface DaemonDeps {
  readonly options: Options;
  readonly log: DaemonLog;
  readonly systemd: Systemd;
}

export interface Daemon {
  /** Writes what the daemon is doing to the log. */
  dump(): void;
  /** Stops, and leaves the containers running. */
  close(): Promise<void>;
}

/**
 * Starts everything: what can be refused is refused before anything is made on disk.
 *
 * @throws Failure with one sentence; then nothing is left open
 */
export async function startDaemon({ options, log, systemd }: DaemonDeps): Promise<Daemon> {
  await using undo = new AsyncDisposableStack();
  const { listen: address } = options;
  await checkFree(address, systemd.sockets);
  if (options.tls !== undefined) checkTls(options.tls);
  const gid = options.group === undefined ? undefined : groupNumber(options.group);
  const shim = findShim(options.shim);
  if (findProgram(options.runtime) === undefined) {
    log.warn("the runtime is not there: containers that name none cannot be started", {
      runtime: options.runtime,
    });
  }
  const sys = linuxSys();
  sys.raiseOpenFiles();
  const stateDir = new StateDir(options.stateDir);
  undo.use(lockStateDir(sys, stateDir));

  const registry = new Registry();
  const supervisor = new Supervisor({
    ...{ sys, stateDir: stateDir.path, logger: log, metrics: registry },
    settings: { ...options, shim: [shim] },
  });
  undo.defer(() => supervisor.close());
  supervisor.ready.then(
    () => log.debug("what a former daemon left is known"),
    (error: unknown) => log.error("cannot restore what a former daemon left", { error: messageOf(error) }),
  );
  const api = new ApiServer({ supervisor, revision: revision(), log, logDirectory: options.logs.directory });
  const server = await listen({ address, tls: options.tls, gid }, (socket) => api.accept(socket));
  // Too many open files, say: it costs that connection, and the next one may have more luck.
  server.on("error", (error) => log.error("cannot accept a connection", { error: messageOf(error) }));
  undo.defer(async () => {
    server.close();
    await api.close(stopGrace);
  });
  for (const service of await serveFigures(options, registry, log)) undo.use(service);
  log.info("containerd serves", { address: nameOf(address), stateDir: stateDir.path, revision: revision() });
  tellSystemd(systemd, "READY=1", log);

  const running = undo.move();
  return {
    dump: () => dump(log, { supervisor: () => supervisor.describe(), api: () => api.describe() }),
    close: async () => {
      tellSystemd(systemd, "STOPPING=1", log);
      await running.disposeAsync();
    },
  };
}

/** Metrics and profiles, as far as they are asked for; what they need is loaded only then. */
async function serveFigures(options: Options, registry: Registry, log: DaemonLog): Promise<Disposable[]> {
  const services: Disposable[] = [];
  if (options.metricsInterval > 0 || options.metrics !== undefined) addProcessMetrics(registry);
  if (options.metricsInterval > 0) {
    const { metricsInterval: interval, graphite } = options;
    services.push(reportMetrics({ registry, interval, graphite, log }));
  }
  if (options.metrics !== undefined) {
    const { servePrometheus } = await import("./metrics/prometheus.ts");
    services.push(closing(await servePrometheus(registry, options.metrics)));
  }
  if (options.pprof !== undefined) {
    const { servePprof } = await import("./pprof.ts");
    services.push(closing(await servePprof(options.pprof)));
  }
  return services;
}

const closing = (server: { close(): unknown }): Disposable => ({
  [Symbol.dispose]: () => void server.close(),
});

function tellSystemd({ notify }: Systemd, state: string, log: DaemonLog): void {
  if (notify === undefined) return;
  try {
    sendDatagram(notify, state);
  } catch (error) {
    log.warn("cannot tell systemd", { state, error: messageOf(error) });
  }
}
