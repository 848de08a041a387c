import { resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../base/duration.ts";
import {
  type LogDriver,
  type LogSettings,
  logDriver,
  logFiles,
  logSize,
} from "../supervisor/log-settings.ts";
import { goFlags } from "./go-flags.ts";
import { isLoopback, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import type { Level } from "./log.ts";
import { version } from "./version.ts";

/** What the command line asks for. Times are in milliseconds. */
export interface Options {
  readonly level: Level;
  readonly stateDir: string;
  readonly listen: ListenAddress;
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  readonly shim: string;
  readonly shimPerContainer: boolean;
  readonly startTimeout: number;
  readonly startWorkers: number;
  readonly retainCount: number;
  /** What becomes of containers' output that no client gave a path for. */
  readonly logs: LogSettings;
  /** 0: no metrics are written. */
  readonly metricsInterval: number;
  readonly graphite: HostPort | undefined;
  readonly metrics: HostPort | undefined;
  readonly pprof: HostPort | undefined;
  readonly group: string | undefined;
  readonly tls: TlsFiles | undefined;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Paths of PEM files. Without `ca` any client may connect, so only loopback goes without. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

/** A command line that cannot be, as one sentence. */
export class UsageError extends Error {}

/** `--help` or `--version`: the text goes to stdout and nothing is run. */
export interface Told {
  readonly text: string;
}

/**
 * @param argv the arguments alone
 * @throws UsageError with one sentence
 */
export function parseOptions(argv: readonly string[]): Options | Told {
  const command = makeCommand();
  let told = "";
  const writeOut = (text: string): void => {
    told += text;
  };
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut });
  try {
    command.parse(goFlags(command, argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: told };
    throw new UsageError(oneLine(error.message));
  }
  return checked(command.opts());
}

interface Raw {
  debug?: true;
  logLevel?: Level;
  stateDir: string;
  listen: ListenAddress;
  runtime: string;
  runtimeArgs: string[];
  shim: string;
  shimPerContainer?: true;
  startTimeout: number;
  startWorkers: number;
  retainCount: number;
  logDriver: LogDriver;
  logDir: string;
  logMaxSize: number;
  logMaxFiles: number;
  metricsInterval: number;
  graphiteAddress?: HostPort;
  metricsAddress?: HostPort;
  pprofAddress?: HostPort;
  group?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
}

function makeCommand(): Command {
  const valued = (flags: string, about: string, read: (text: string) => unknown, shown?: string): Option => {
    const option = new Option(flags, about).argParser(read);
    return shown === undefined ? option : option.default(read(shown), shown);
  };
  return new Command("containerd")
    .description("High performance container daemon: runs OCI containers behind the gRPC service types.API")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .allowExcessArguments(false)
    .option("--debug", "write debug messages to the log")
    .addOption(new Option("--log-level <level>", "least level of the log").argParser(level))
    .addOption(valued("--state-dir <dir>", "directory of the runtime state", path, "/run/containerd"))
    .addOption(
      valued(
        "-l, --listen <address>",
        "where the API listens: unix://PATH, tcp://HOST:PORT or fd://",
        listen,
        "unix:///run/containerd/containerd.sock",
      ),
    )
    .addOption(valued("-r, --runtime <runtime>", "name or path of the OCI runtime", some, "runc"))
    .addOption(
      new Option("--runtime-args <arg>", "argument for the runtime, before its command (repeatable)")
        .argParser((text: string, before: string[]) => [...before, text])
        .default([], "none"),
    )
    .addOption(valued("--shim <shim>", "name or path of the shim", some, "containerd-shim"))
    .option("--shim-per-container", "start a shim for each container instead of one for all")
    .addOption(valued("--start-timeout <duration>", "time for a container's start", positiveDuration, "30s"))
    .addOption(valued("--start-workers <n>", "starts at one time", count(1), "10"))
    .addOption(valued("--retain-count <n>", "past events to keep", count(0), "500"))
    .addOption(
      valued("--log-driver <driver>", "output that no client reads: none, or a file", driver, "none"),
    )
    .addOption(valued("--log-dir <dir>", "where the file driver keeps logs", path, "/var/log/containerd-ts"))
    .addOption(valued("--log-max-size <size>", "a log file's size, after which it is renamed", size, "10M"))
    .addOption(valued("--log-max-files <n>", "files of each container's log", files, "3"))
    .addOption(
      valued(
        "--metrics-interval <duration>",
        "time between metrics in the log, 0 for none",
        duration,
        "5m0s",
      ),
    )
    .addOption(valued("--graphite-address <host:port>", "Graphite server that gets the metrics", hostPort))
    .addOption(
      valued("--metrics-address <host:port>", "where Prometheus reads metrics, at /metrics", hostPort),
    )
    .addOption(
      valued("--pprof-address <host:port>", "where CPU profiles and heap snapshots are served", hostPort),
    )
    .addOption(valued("--group <group>", "name or number of the group that may use the Unix socket", some))
    .addOption(valued("--tls-cert <file>", "certificate for tcp:// (PEM)", some))
    .addOption(valued("--tls-key <file>", "key of the certificate (PEM)", some))
    .addOption(valued("--tls-ca <file>", "authority whose clients may connect (PEM)", some));
}

function checked(raw: Raw): Options {
  const { listen, pprofAddress: pprof } = raw;
  const tls = tlsFiles(raw);
  if (tls !== undefined && listen.kind === "unix") {
    throw new UsageError("--tls-cert is for tcp://, and --listen names a Unix socket");
  }
  if (listen.kind === "tcp" && !isLoopback(listen.host) && tls?.ca === undefined) {
    throw new UsageError(
      `cannot listen on tcp://${listen.host}:${listen.port} without --tls-cert, --tls-key and --tls-ca: ` +
        "whoever can connect is root on this machine",
    );
  }
  if (pprof !== undefined && !isLoopback(pprof.host)) {
    throw new UsageError(
      `--pprof-address must be of the loopback interface, not ${pprof.host}: a heap snapshot holds secrets`,
    );
  }
  if (raw.group !== undefined && listen.kind !== "unix") {
    throw new UsageError("--group is for a Unix socket, and --listen names none");
  }
  return {
    level: raw.debug ? "debug" : (raw.logLevel ?? "info"),
    stateDir: resolve(raw.stateDir),
    listen,
    runtime: raw.runtime,
    runtimeArgs: raw.runtimeArgs,
    shim: raw.shim,
    shimPerContainer: raw.shimPerContainer ?? false,
    startTimeout: raw.startTimeout,
    startWorkers: raw.startWorkers,
    retainCount: raw.retainCount,
    logs: {
      ...{ driver: raw.logDriver, directory: resolve(raw.logDir) },
      ...{ maxSize: raw.logMaxSize, maxFiles: raw.logMaxFiles },
    },
    metricsInterval: raw.metricsInterval,
    graphite: raw.graphiteAddress,
    metrics: raw.metricsAddress,
    pprof,
    group: raw.group,
    tls,
  };
}

function tlsFiles({ tlsCert: cert, tlsKey: key, tlsCa: ca }: Raw): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, ca };
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  throw new UsageError(
    `TLS needs --tls-cert and --tls-key: ${cert === undefined ? "--tls-cert" : "--tls-key"} is missing`,
  );
}

/** setTimeout takes 31 bits of milliseconds. */
const longestTimer = 2 ** 31 - 1;

const refuse = (reason: string): never => {
  throw new InvalidArgumentError(reason);
};

const some = (text: string): string => (text === "" ? refuse("It is empty.") : text);

const path = (text: string): string =>
  some(text).includes("\0") ? refuse("It has a NUL byte in it.") : text;

function listen(text: string): ListenAddress {
  const address = parseListenAddress(text);
  return typeof address === "string" ? refuse(address) : address;
}

const driver = (text: string): LogDriver => logDriver(text) ?? refuse("Expected none or file.");
const size = (text: string): number => logSize(text) ?? refuse("Expected a size from 64k up, such as 10M.");
const files = (text: string): number => logFiles(text) ?? refuse("Expected a number from 1 to 1000.");

function duration(text: string): number {
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch {
    return refuse('Expected a duration such as "30s", "1m30s" or "0".');
  }
  if (ms > longestTimer) return refuse("It is longer than 24 days.");
  return ms < 0 ? refuse("It is below 0.") : ms;
}

function positiveDuration(text: string): number {
  const ms = duration(text);
  return ms > 0 ? ms : refuse("It must be above 0.");
}

const count = (least: number) => (text: string) =>
  /^\d{1,9}$/.test(text) && Number(text) >= least
    ? Number(text)
    : refuse(`Expected a whole number from ${least} up.`);

function hostPort(text: string): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) return refuse("Expected HOST:PORT.");
  return { host: bracketed ?? (plain || "localhost"), port: Number(port) };
}

function level(text: string): Level {
  const levels: Readonly<Record<string, Level>> = {
    debug: "debug",
    info: "info",
    warn: "warn",
    warning: "warn",
    error: "error",
    fatal: "error",
    panic: "error",
  };
  return levels[text] ?? refuse("Expected debug, info, warn or error.");
}

/** commander says "error: …", and puts a proposal on a line of its own. */
const oneLine = (message: string): string => message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
