import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiClient } from "./api-client.ts";
import { type BundleOptions, makeBundle } from "./bundle.ts";
import { SeenEvents } from "./event-log.ts";
import { assertNothingLeft } from "./leftovers.ts";
import { isRunning, processesNaming } from "./processes.ts";
import { tempDir } from "./temp.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface DaemonOptions {
  /** "runc" (default), "crun", or a path. */
  readonly runtime?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

let made = 0;

/** A daemon of a test's own: its own state directory, socket, runtime root and ids; on disposal it proves that nothing is left. */
export class TestDaemon implements AsyncDisposable {
  readonly directory: string;
  readonly prefix: string;
  readonly socket: string;
  readonly stateDir: string;
  readonly runtimeRoot: string;
  readonly #options: DaemonOptions;
  #stack = new AsyncDisposableStack();
  readonly #clients: DisposableStack;
  #process: ChildProcess | undefined;
  #client: ApiClient | undefined;

  private constructor(directory: string, options: DaemonOptions) {
    made += 1;
    this.directory = directory;
    this.prefix = `t${process.pid}x${made}`;
    this.socket = join(directory, "api.sock");
    this.stateDir = join(directory, "state");
    this.runtimeRoot = join(directory, "runtime");
    this.#options = options;
    this.#clients = new DisposableStack();
  }

  static async start(options: DaemonOptions = {}): Promise<TestDaemon> {
    await using building = new AsyncDisposableStack();
    const directory = building.use(await tempDir());
    const daemon = new TestDaemon(directory.path, options);
    building.defer(() => daemon.end());
    await daemon.launch();
    daemon.#stack = building.move();
    return daemon;
  }

  /** Starts the daemon's process (again) and waits until its socket serves. */
  async launch(
    extra: { flags?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const log = openSync(this.logFile, "a");
    mkdirSync(this.runtimeRoot, { recursive: true, mode: 0o711 });
    const child = spawn(
      join(root, "bin/containerd"),
      [
        ...["--state-dir", this.stateDir, "--listen", `unix://${this.socket}`, "--debug"],
        ...["--runtime", this.#options.runtime ?? "runc", "--runtime-args", `--root=${this.runtimeRoot}`],
        ...["--log-dir", this.logDir],
        ...(this.#options.flags ?? []),
        ...(extra.flags ?? []),
      ],
      { stdio: ["ignore", log, log], env: { ...process.env, ...this.#options.env, ...extra.env } },
    );
    closeSync(log);
    this.#process = child;
    await until("the daemon serves", async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the daemon ended:\n${this.log()}`);
      return await this.client.healthy();
    });
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("the daemon has not been started");
    return pid;
  }

  /** Where containers' output goes that is asked to be logged. */
  get logDir(): string {
    return join(this.directory, "logs");
  }

  get logFile(): string {
    return join(this.directory, "daemon.log");
  }

  log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** The client that everything in the test shares; `connect()` makes another. */
  get client(): ApiClient {
    this.#client ??= this.connect();
    return this.#client;
  }

  connect(): ApiClient {
    return this.#clients.use(new ApiClient(this.socket));
  }

  /** An Events stream of the test's own; the default is what comes from now on. */
  events(request: ConstructorParameters<typeof SeenEvents>[1] = {}): SeenEvents {
    return this.#clients.use(new SeenEvents(this.connect(), request));
  }

  /** An id that no other test has. */
  id(name: string): string {
    return `${this.prefix}-${name}`;
  }

  bundle(name: string, options: BundleOptions | readonly string[]): string {
    return makeBundle(this.directory, name, isArgs(options) ? { args: options } : options);
  }

  /** Makes a bundle and starts a container on it. @returns its id and init's pid on the host */
  async run(
    name: string,
    options: BundleOptions | readonly string[],
  ): Promise<{ id: string; pid: number; bundle: string }> {
    const bundle = this.bundle(name, options);
    const id = this.id(name);
    const { container } = await this.client.call("createContainer", { id, bundlePath: bundle });
    const pid = container?.processes.find((process) => process.pid === "init")?.systemPid ?? 0;
    return { id, pid, bundle };
  }

  /** SIGKILLs a container's init through the API. */
  async killContainer(id: string, signal = 9, process = "init"): Promise<void> {
    await this.client.call("signal", { id, pid: process, signal });
  }

  /** The shims that serve this daemon's state directory, by their command line. */
  shims(): number[] {
    // a shim of one container is called as 0.2.x's is, with the container's id
    return [...processesNaming(this.stateDir), ...processesNaming(`${this.prefix}-`)]
      .filter((found) => found.pid !== this.#process?.pid && found.command.includes("shim"))
      .map((found) => found.pid);
  }

  /** Ends the daemon's process with a signal and waits until it is gone. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  /** A daemon's sudden death and its successor. */
  async restart(
    signal: NodeJS.Signals = "SIGKILL",
    extra: Parameters<TestDaemon["launch"]>[0] = {},
  ): Promise<void> {
    await this.end(signal);
    await this.launch(extra);
  }

  /** Waits until the daemon has noticed its shim's death: no process of that pid runs. */
  async killShims(): Promise<void> {
    const shims = this.shims();
    for (const pid of shims) process.kill(pid, "SIGKILL");
    await until("the killed shims are gone", () => shims.every((pid) => !isRunning(pid)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = this.#stack;
    stack.defer(() => this.#clients.dispose());
    if (this.#process === undefined) await this.launch();
    await this.#endContainers();
    await this.end("SIGTERM");
    await assertNothingLeft(this);
  }

  async #endContainers(): Promise<void> {
    const list = async () => (await this.client.call("state", {})).containers;
    for (const { id, status } of await list()) {
      if (status === "paused")
        await this.client.call("updateContainer", { id, pid: "init", status: "running" });
      await this.killContainer(id).catch(() => undefined);
    }
    await until("the test's containers are gone", async () => (await list()).length === 0);
  }
}

function isArgs(options: BundleOptions | readonly string[]): options is readonly string[] {
  return Array.isArray(options);
}
