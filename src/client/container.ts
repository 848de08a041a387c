import type { Readable } from "node:stream";
import type { CallOptions } from "./call.ts";
import { Checkpoints } from "./checkpoints.ts";
import { DeadlineExceeded, NotFound } from "./errors.ts";
import { type ContainerEvent, type EventsOptions, followEvents } from "./events.ts";
import { collect, ExecError, type ExecResult, freshName } from "./exec.ts";
import { type Exit, waitForExit } from "./exit.ts";
import { type LogRecord, type LogsOptions, readLogs } from "./logs.ts";
import { type ContainerProcess, type Context, launch, type Size, type StdioOptions } from "./process.ts";
import { type Resources, resourcesMessage } from "./resources.ts";
import { type Signal, signalNumber } from "./signals.ts";
import { type Stats, statsOf } from "./stats.ts";
import { type ContainerInfo, containerInfo, type ProcessInfo, type Rlimit, type User } from "./views.ts";

/** How a process is to run in a container. What is absent is as it is for the container's init. */
export interface ProcessOptions {
  /** Its name, by which the API knows it; a random one unless given. */
  readonly name?: string | undefined;
  /** Added to init's environment; an undefined value takes a variable away. As a list it replaces the environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | readonly string[] | undefined;
  readonly cwd?: string | undefined;
  readonly user?: User | undefined;
  readonly terminal?: boolean | undefined;
  readonly capabilities?: readonly string[] | undefined;
  readonly rlimits?: readonly Rlimit[] | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  readonly apparmorProfile?: string | undefined;
  readonly selinuxLabel?: string | undefined;
}

export interface SpawnOptions extends ProcessOptions, StdioOptions, CallOptions {}

export interface ExecOptions extends ProcessOptions {
  /** What the process reads; an empty input unless given. */
  readonly input?: string | Uint8Array | Readable | undefined;
  /** Then the process gets SIGKILL; in milliseconds. */
  readonly timeout?: number | undefined;
  /** Then the process gets SIGKILL. */
  readonly signal?: AbortSignal | undefined;
  /** "utf8", or "buffer" for bytes. */
  readonly encoding?: "utf8" | "buffer" | undefined;
  /** false: a process that fails is no error. */
  readonly reject?: boolean | undefined;
  /** false: the newline at an output's end is kept. */
  readonly stripFinalNewline?: boolean | undefined;
  /** How much of each output is kept, in bytes: 64 MiB unless given. */
  readonly maxBuffer?: number | undefined;
}

/** A container, by its id. It needs not exist: calls on one that does not reject with NotFound. */
export class Container {
  readonly id: string;
  readonly checkpoints: Checkpoints;
  readonly #context: Context;

  /** @internal */
  constructor(context: Context, id: string) {
    this.#context = context;
    this.id = id;
    this.checkpoints = new Checkpoints(context.rpc, id);
  }

  /** What the daemon knows about it now. */
  async info(options: CallOptions = {}): Promise<ContainerInfo> {
    const { containers } = await this.#context.rpc.unary("state", { id: this.id }, options);
    const found = containers.find(({ id }) => id === this.id);
    if (found === undefined) throw new NotFound("containerd: container not found", { method: "State" });
    return containerInfo(found);
  }

  /**
   * Runs a program in the container to its end.
   *
   * It ends when the process exits: what a child writes that goes on in the background is not waited for.
   *
   * @returns its output and exit code
   * @throws ExecError when it does not exit with 0, unless `reject` is false; ContainerdError when it cannot be started
   */
  async exec(
    args: readonly string[],
    options: ExecOptions & { encoding: "buffer" },
  ): Promise<ExecResult<Buffer>>;
  async exec(args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  async exec(args: readonly string[], options: ExecOptions = {}): Promise<ExecResult<string | Buffer>> {
    const { input, timeout, signal, encoding, maxBuffer = 64 * 1024 * 1024, ...rest } = options;
    const stdin = input === undefined ? "ignore" : "pipe";
    const spawned = await this.spawn(args, { ...rest, stdin, stdout: "pipe", stderr: "pipe", signal });
    const { result: bytes, reason } = await collect(spawned, args, input, { timeout, signal, maxBuffer });
    const text = (output: Buffer) => {
      const all = output.toString();
      return rest.stripFinalNewline === false ? all : all.replace(/\r?\n$/, "");
    };
    const result =
      encoding === "buffer" ? bytes : { ...bytes, stdout: text(bytes.stdout), stderr: text(bytes.stderr) };
    if (rest.reject !== false && (reason !== undefined || result.exitCode !== 0))
      throw new ExecError(result, reason);
    return result;
  }

  /** Starts a program in the container and returns while it runs; its streams are /dev/null unless asked for. */
  async spawn(args: readonly string[], options: SpawnOptions = {}): Promise<ContainerProcess> {
    const {
      signal,
      timeout,
      name = freshName(),
      stdin = "ignore",
      stdout = "ignore",
      stderr = "ignore",
    } = options;
    const call = { signal, timeout };
    const init = (await this.info(call)).processes.find((process) => process.name === "init");
    const terminal = options.terminal ?? false;
    const process = { ...processRequest(init, options), id: this.id, pid: name, terminal, args: [...args] };
    const request = async (paths: { stdin: string; stdout: string; stderr: string }) =>
      (await this.#context.rpc.unary("addProcess", { ...process, ...paths }, call)).systemPid;
    return await launch(this.#context, {
      id: this.id,
      name,
      terminal,
      stdio: { stdin, stdout, stderr },
      request,
    });
  }

  /** Waits for the end of init, or of an exec by its name; one that has ended already is found in the stored events. */
  async wait({ process = "init", ...options }: CallOptions & { process?: string } = {}): Promise<Exit> {
    return await waitForExit(this.#context.rpc, this.#context.feeds, this.id, process, options);
  }

  /**
   * What it has said, where it is logged (--log-driver file, or the label containerd-ts.log-driver=file), also when it is gone.
   *
   * @throws NotFound where there is no log; Unimplemented where the daemon keeps none
   */
  logs(options: LogsOptions = {}): AsyncGenerator<LogRecord, void, undefined> {
    return readLogs(this.#context.rpc, this.id, options);
  }

  /** Sends a signal, SIGTERM unless given, to init or to an exec by its name. */
  async kill(
    signal: Signal = "SIGTERM",
    { process = "init", ...options }: CallOptions & { process?: string } = {},
  ): Promise<void> {
    await this.#context.rpc.unary(
      "signal",
      { id: this.id, pid: process, signal: signalNumber(signal) },
      options,
    );
  }

  /**
   * Asks init to end with a signal, and kills it when it has not within `grace` milliseconds.
   *
   * @returns how it ended
   */
  async stop(options: CallOptions & { stopSignal?: Signal; grace?: number } = {}): Promise<Exit> {
    const { stopSignal = "SIGTERM", grace = 10_000, ...call } = options;
    const ended = this.wait({ signal: call.signal });
    ended.catch(() => undefined);
    await this.#killUnlessGone(stopSignal, call);
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, grace, "late");
    try {
      if ((await Promise.race([ended, late])) === "late") {
        // One that is frozen takes the signal, but dies only when it thaws.
        await this.#killUnlessGone("SIGKILL", call);
        if ((await this.#status(call)) === "paused") await this.resume(call).catch(() => undefined);
      }
    } finally {
      clearTimeout(timer);
    }
    return await ended;
  }

  /** Freezes every process in the container. */
  async pause(options: CallOptions = {}): Promise<void> {
    await this.#setStatus("paused", options);
  }

  async resume(options: CallOptions = {}): Promise<void> {
    await this.#setStatus("running", options);
  }

  /** Changes limits while it runs. */
  async update(resources: Resources, options: CallOptions = {}): Promise<void> {
    const request = { id: this.id, pid: "init", resources: resourcesMessage(resources) };
    await this.#context.rpc.unary("updateContainer", request, options);
  }

  /** One reading of its resources. */
  async stats(options: CallOptions = {}): Promise<Stats> {
    return statsOf(await this.#context.rpc.unary("stats", { id: this.id }, options));
  }

  /** Changes the size of init's terminal, or of an exec's by its name. */
  async resize(
    { width, height }: Size,
    { process = "init", ...options }: CallOptions & { process?: string } = {},
  ): Promise<void> {
    await this.#context.rpc.unary("updateProcess", { id: this.id, pid: process, width, height }, options);
  }

  /** Ends the input of init, or of an exec by its name, as far as the daemon holds it open. */
  async closeStdin({ process = "init", ...options }: CallOptions & { process?: string } = {}): Promise<void> {
    await this.#context.rpc.unary("updateProcess", { id: this.id, pid: process, closeStdin: true }, options);
  }

  /** What happens to it. */
  events(options: Omit<EventsOptions, "id"> = {}): AsyncGenerator<ContainerEvent, void, undefined> {
    return followEvents(this.#context.rpc, { ...options, id: this.id });
  }

  async #setStatus(status: "paused" | "running", options: CallOptions): Promise<void> {
    await this.#context.rpc.unary("updateContainer", { id: this.id, pid: "init", status }, options);
  }

  async #status(options: CallOptions): Promise<string | undefined> {
    return await this.info(options).then(
      ({ status }) => status,
      () => undefined,
    );
  }

  async #killUnlessGone(signal: Signal, options: CallOptions): Promise<void> {
    await this.kill(signal, options).catch((error: unknown) => {
      if (!(error instanceof NotFound)) throw error;
    });
  }
}

/** A container that this program started, with the process that is its init. */
export class StartedContainer extends Container implements AsyncDisposable {
  /** Its init, with its streams. */
  readonly init: ContainerProcess;

  /** @internal */
  constructor(context: Context, id: string, init: ContainerProcess) {
    super(context, id);
    this.init = init;
  }

  /** Kills it, if it still runs, and waits for its end: `await using` leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.init.wait();
    await this.kill("SIGKILL").catch((error: unknown) => {
      if (!(error instanceof NotFound) && !(error instanceof DeadlineExceeded)) throw error;
    });
    await ended;
  }
}

function processRequest(init: ProcessInfo | undefined, options: ProcessOptions) {
  const { env, cwd, user, capabilities, rlimits, noNewPrivileges, apparmorProfile, selinuxLabel } = options;
  const { uid = 0, gid = 0, additionalGids = [] } = user ?? init?.user ?? {};
  return {
    env: environment(init?.env ?? [], env),
    cwd: cwd ?? init?.cwd ?? "/",
    user: { uid, gid, additionalGids: [...additionalGids] },
    capabilities: [...(capabilities ?? init?.capabilities ?? [])],
    rlimits: [...(rlimits ?? init?.rlimits ?? [])],
    noNewPrivileges: noNewPrivileges ?? init?.noNewPrivileges ?? false,
    apparmorProfile: apparmorProfile ?? init?.apparmorProfile ?? "",
    selinuxLabel: selinuxLabel ?? init?.selinuxLabel ?? "",
  };
}

function environment(inherited: readonly string[], own: ProcessOptions["env"]): string[] {
  if (own === undefined) return [...inherited];
  if (isList(own)) return [...own];
  const kept = inherited.filter((entry) => !Object.hasOwn(own, entry.split("=", 1)[0] ?? ""));
  const added = Object.entries(own).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return [...kept, ...added];
}

function isList(env: NonNullable<ProcessOptions["env"]>): env is readonly string[] {
  return Array.isArray(env);
}
