import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ApiEvent } from "../harness/api-client.ts";
import { ApiClient } from "../harness/api-client.ts";
import { SeenEvents } from "../harness/event-log.ts";
import { type FifoReader, type FifoWriter, makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { until } from "../harness/until.ts";
import { dockerConfig, type RunOptions } from "./config.ts";

/** Docker's picture of one container. */
export interface Running {
  readonly id: string;
  readonly bundle: string;
  readonly options: RunOptions;
  readonly stdin: FifoWriter | undefined;
  readonly stdout: FifoReader;
  /** A terminal has none. */
  readonly stderr: FifoReader | undefined;
  systemPid: number;
  paused: boolean;
  oomKilled: boolean;
  exitCode: number | undefined;
  /** Execs that are running, by their 64-digit names, and how they ended. */
  readonly execs: Map<string, number | undefined>;
}

/**
 * The part of Docker Engine 17.10 that speaks to containerd: its calls in its order, its FIFOs opened as it opens them, its way
 * of reading events. What it would crash on, hang on or misunderstand is thrown as an error here.
 */
export class Engine implements AsyncDisposable {
  readonly containers = new Map<string, Running>();
  /** Events that Docker acted on, in its order. */
  readonly handled: ApiEvent[] = [];
  readonly #socket: string;
  readonly #directory: string;
  readonly #rootfs: string;
  #client: ApiClient;
  #events: SeenEvents | undefined;
  #next = 0;
  /** The time of the last event that was handled: where the next stream begins (libcontainerd's event.ts). */
  #last: ApiEvent["timestamp"];
  #pump: NodeJS.Timeout | undefined;

  constructor(socket: string, directory: string, rootfs: string) {
    this.#socket = socket;
    this.#directory = directory;
    this.#rootfs = rootfs;
    this.#client = this.#connect();
  }

  /** Docker dials a raw path, and gRPC of its age sends that path as `:authority`. */
  #connect(): ApiClient {
    return new ApiClient(this.#socket, this.#socket);
  }

  get client(): ApiClient {
    return this.#client;
  }

  /** A start of dockerd: wait for Health, replay what was missed, restore, then listen. */
  async start(): Promise<void> {
    await until("the health check serves", () => this.#client.healthy());
    await this.#client.call("getServerVersion", {});
    await this.#restore();
    this.#events = new SeenEvents(this.#client, this.#last === undefined ? {} : { timestamp: this.#last });
    this.#next = 0;
    this.#pump = setInterval(() => this.#handleNew(), 5);
  }

  /** dockerd's own sudden death: its connection and its reading ends of the FIFOs go away. */
  crash(): void {
    clearInterval(this.#pump);
    this.#events?.[Symbol.dispose]();
    this.#client[Symbol.dispose]();
    this.#client = this.#connect();
  }

  async run(options: RunOptions): Promise<Running> {
    const id = randomBytes(32).toString("hex");
    return await this.create(id, options);
  }

  /** `docker start` of an id: also what a restart policy does. */
  async create(id: string, options: RunOptions): Promise<Running> {
    const bundle = join(this.#directory, id);
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
    dockerConfig(bundle, this.#rootfs, options);
    const paths = this.#fifos(bundle, "init", options.tty === true);
    const container: Running = {
      ...{
        id,
        bundle,
        options,
        systemPid: 0,
        paused: false,
        oomKilled: false,
        exitCode: undefined,
        execs: new Map(),
      },
      // each open waits in the background for the other side
      stdout: readFifo(paths.stdout),
      stderr: options.tty === true ? undefined : readFifo(paths.stderr),
      stdin: options.interactive === true ? writeFifo(paths.stdin) : undefined,
    };
    // without -i Docker has opened and closed stdin before the call
    const unused = options.interactive === true ? undefined : writeFifo(paths.stdin);
    unused?.close().catch(() => undefined);
    this.containers.set(id, container);
    try {
      const { container: answer } = await this.#client.call("createContainer", {
        ...{
          id,
          bundlePath: bundle,
          ...paths,
          runtime: options.runtime ?? "runc",
          runtimeArgs: [...(options.runtimeArgs ?? [])],
        },
        ...{ checkpoint: options.checkpoint?.name ?? "", checkpointDir: options.checkpoint?.directory ?? "" },
      });
      const init = answer?.processes.find((process) => process.pid === "init");
      if (init === undefined || init.systemPid === 0)
        throw new Error("Docker crashes: the answer has no init with a systemPid");
      container.systemPid = init.systemPid;
    } catch (error) {
      unused?.kill();
      this.#forget(container);
      throw error;
    }
    if (options.interactive !== true) await this.#closeStdin(id, "init");
    return container;
  }

  async exec(
    container: Running,
    args: readonly string[],
    options: {
      readonly interactive?: boolean;
      readonly env?: readonly string[];
      readonly user?: number;
    } = {},
  ) {
    const name = randomBytes(32).toString("hex");
    const paths = this.#fifos(container.bundle, name, false);
    const [stdout, stderr] = [readFifo(paths.stdout), readFifo(paths.stderr)];
    const stdin = options.interactive === true ? writeFifo(paths.stdin) : undefined;
    container.execs.set(name, undefined);
    try {
      const { systemPid } = await this.#client.call("addProcess", {
        ...{
          id: container.id,
          pid: name,
          args: [...args],
          cwd: "/",
          env: [...(options.env ?? ["PATH=/bin"])],
          ...paths,
        },
        user: { uid: options.user ?? 0, gid: options.user ?? 0 },
        capabilities: ["CAP_KILL", "CAP_CHOWN"],
      });
      if (systemPid === 0) throw new Error("Docker cannot find its exec: systemPid is 0");
    } catch (error) {
      container.execs.delete(name);
      stdout.kill();
      stderr.kill();
      throw error;
    }
    if (options.interactive !== true) await this.#closeStdin(container.id, name);
    const exit = async () => {
      const status = await until("Docker hears the exec's end", () => container.execs.get(name));
      const result = { status, stdout: (await stdout.end).toString(), stderr: (await stderr.end).toString() };
      for (const path of Object.values(paths)) rmSync(path);
      return result;
    };
    return { name, stdin, exit };
  }

  /** `docker stop`: the stop signal, then SIGKILL when `graceMs` have passed. */
  async stop(container: Running, graceMs: number): Promise<number> {
    await this.signal(container, 15);
    const timer = setTimeout(() => void this.signal(container, 9), graceMs);
    const code = await this.wait(container);
    clearTimeout(timer);
    return code;
  }

  /** Docker ignores these texts after a kill (daemon/kill.go). */
  async signal(container: Running, signal: number): Promise<void> {
    await this.#client.call("signal", { id: container.id, pid: "init", signal }).catch(ignoreGone);
  }

  async pause(container: Running, paused: boolean): Promise<void> {
    await this.#client.call("updateContainer", {
      id: container.id,
      pid: "init",
      status: paused ? "paused" : "running",
    });
    // without a limit, holding a lock that the event reader takes too
    await until(
      `Docker hears that it is ${paused ? "paused" : "resumed"}`,
      () => container.paused === paused,
    );
  }

  wait(container: Running): Promise<number> {
    return until("Docker hears the container's end", () => container.exitCode, 120);
  }

  async #closeStdin(id: string, pid: string): Promise<void> {
    await this.#client.call("updateProcess", { id, pid, closeStdin: true }).catch(ignoreGone);
  }

  #fifos(bundle: string, name: string, tty: boolean): { stdin: string; stdout: string; stderr: string } {
    const at = (stream: string) => `${name}-${stream}`;
    for (const stream of ["stdin", "stdout", ...(tty ? [] : ["stderr"])])
      rmSync(join(bundle, at(stream)), { force: true });
    return {
      stdin: makeFifo(bundle, at("stdin")),
      stdout: makeFifo(bundle, at("stdout")),
      // with a terminal the path is sent, but nothing is there
      stderr: tty ? join(bundle, at("stderr")) : makeFifo(bundle, at("stderr")),
    };
  }

  #handleNew(): void {
    const all = this.#events?.all ?? [];
    for (; this.#next < all.length; this.#next += 1) {
      const event = all[this.#next];
      if (event !== undefined) this.#handle(event);
    }
  }

  #handle(event: ApiEvent): void {
    const container = this.containers.get(event.id);
    if (!["exit", "pause", "resume", "oom"].includes(event.type)) return;
    this.#last = event.timestamp;
    this.handled.push(event);
    if (container === undefined) return;
    if (event.type === "pause" || event.type === "resume") container.paused = event.type === "pause";
    else if (event.type === "oom") container.oomKilled = container.exitCode === undefined;
    else if (event.pid !== "init") container.execs.set(event.pid, event.status);
    else {
      const open = [...container.execs].filter(([, status]) => status === undefined);
      if (open.length > 0)
        throw new Error(`Docker loses ${open.length} execs: init's exit came before theirs`);
      container.exitCode = event.status;
      this.#forget(container);
    }
  }

  /** At init's exit Docker forgets the container, and deletes its bundle. */
  #forget(container: Running): void {
    this.containers.delete(container.id);
    container.stdin?.kill();
    if (container.exitCode === undefined) {
      container.stdout.kill();
      container.stderr?.kill();
      rmSync(container.bundle, { recursive: true, force: true });
      return;
    }
    void Promise.all([container.stdout.end, container.stderr?.end]).then(() =>
      rmSync(container.bundle, { recursive: true, force: true }),
    );
  }

  /** restore() of libcontainerd: for each container that Docker believes to run, its State, or else its last stored event. */
  async #restore(): Promise<void> {
    for (const container of [...this.containers.values()]) {
      const state = await this.#client.call("state", { id: container.id }).catch(ignoreGone);
      const found = state?.containers.find(({ id }) => id === container.id);
      if (found !== undefined && found.status !== "stopped") {
        const init = found.processes.find((process) => process.pid === "init");
        if (init === undefined || found.bundlePath !== container.bundle)
          throw new Error("Docker cannot restore: no init, or another bundle");
        container.systemPid = init.systemPid;
        const last = (await this.#stored(container)).at(-1);
        if (last?.type === "pause") container.paused = true;
        continue;
      }
      const last = (await this.#stored(container)).at(-1);
      container.exitCode = last?.type === "exit" && last.pid === "init" ? last.status : 255;
      this.#forget(container);
    }
  }

  /** What is later than the last event that was handled; where that is nothing, everything (libcontainerd's getContainerLastEvent). */
  async #stored(container: Running): Promise<ApiEvent[]> {
    const beginning = { seconds: 0n, nanos: 0 };
    const later = await this.#storedSince(container, this.#last ?? beginning);
    return later.length > 0 ? later : await this.#storedSince(container, beginning);
  }

  async #storedSince(
    container: Running,
    timestamp: { readonly seconds: bigint; readonly nanos: number },
  ): Promise<ApiEvent[]> {
    using stream = new SeenEvents(this.#client, { id: container.id, storedOnly: true, timestamp });
    await until("the stored events end", () => stream.ended !== undefined);
    if (stream.ended !== 0)
      throw new Error(`Docker hangs at its start: the stored events ended with ${stream.ended}`);
    return stream.all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of [...this.containers.values()]) {
      if (container.paused) await this.pause(container, false);
      await this.signal(container, 9);
      await this.wait(container);
    }
    this.crash();
    this.#client[Symbol.dispose]();
  }
}

function ignoreGone(error: Error): undefined {
  if (/container not found|process not found|no such process/.test(error.message)) return undefined;
  throw error;
}
