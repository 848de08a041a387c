import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fields, Logger } from "../../src/base/logger.ts";
import type { ProcessSpec } from "../../src/oci/spec.ts";
import { StateDir } from "../../src/state/layout.ts";
import type { SupervisorSettings } from "../../src/supervisor/context.ts";
import type { Event } from "../../src/supervisor/events/event.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { ContainerView, CreateTask, ResultOf, Task } from "../../src/supervisor/task.ts";
import { linuxSys } from "../../src/sys/linux.ts";
import { type BundleOptions, makeBundle } from "../harness/bundle.ts";
import { prepareHost } from "../harness/host.ts";
import { assertNothingLeft } from "../harness/leftovers.ts";
import { isRunning, processesNaming } from "../harness/processes.ts";
import { tempDir } from "../harness/temp.ts";
import { until } from "../harness/until.ts";

const shim = fileURLToPath(new URL("../../bin/containerd-shim", import.meta.url));
export const sys = linuxSys();
export const never = new AbortController().signal;
let made = 0;

/** A supervisor within the test's own process, with real shims and a real runtime; on disposal it proves that nothing is left. */
export class TestSupervisor implements AsyncDisposable {
  readonly directory: string;
  readonly prefix: string;
  readonly state: StateDir;
  readonly runtimeRoot: string;
  readonly events: Event[] = [];
  readonly log: string[] = [];
  readonly #settings: Partial<SupervisorSettings>;
  #stack = new AsyncDisposableStack();
  #supervisor: Supervisor | undefined;

  private constructor(directory: string, settings: Partial<SupervisorSettings>) {
    made += 1;
    this.directory = directory;
    this.prefix = `s${process.pid}x${made}`;
    this.state = new StateDir(join(directory, "state"));
    this.runtimeRoot = join(directory, "runtime");
    this.#settings = settings;
    mkdirSync(this.runtimeRoot);
  }

  static async start(settings: Partial<SupervisorSettings> = {}): Promise<TestSupervisor> {
    prepareHost();
    await using building = new AsyncDisposableStack();
    const directory = building.use(await tempDir());
    const test = new TestSupervisor(directory.path, settings);
    test.open();
    test.#stack = building.move();
    return test;
  }

  /** Another daemon's life on the same state directory. */
  open(settings: Partial<SupervisorSettings> = {}): Supervisor {
    const supervisor = new Supervisor({
      sys,
      stateDir: this.state.path,
      logger: new TestLogger(this.log),
      settings: {
        ...{ runtime: "runc", runtimeArgs: ["--root", this.runtimeRoot], shim: [shim], retainCount: 500 },
        ...{ shimPerContainer: false, startTimeout: 30_000, startWorkers: 10 },
        logs: { driver: "none", directory: join(this.directory, "logs"), maxSize: 1 << 20, maxFiles: 3 },
        ...this.#settings,
        ...settings,
      },
    });
    this.#supervisor = supervisor;
    void this.#collect(supervisor);
    return supervisor;
  }

  async #collect(supervisor: Supervisor): Promise<void> {
    const after = this.events.at(-1)?.timestamp ?? 0n;
    for await (const event of supervisor.events.subscribe({ after })) this.events.push(event);
  }

  get supervisor(): Supervisor {
    if (this.#supervisor === undefined) throw new Error("the supervisor is closed");
    return this.#supervisor;
  }

  async close(): Promise<void> {
    const supervisor = this.#supervisor;
    this.#supervisor = undefined;
    await supervisor?.close();
  }

  async restart(settings: Partial<SupervisorSettings> = {}): Promise<void> {
    await this.close();
    await this.open(settings).ready;
  }

  send<T extends Task>(task: T, signal: AbortSignal = never): Promise<ResultOf<T>> {
    return this.supervisor.send(task, signal);
  }

  id(name: string): string {
    return `${this.prefix}-${name}`;
  }

  bundle(name: string, options: BundleOptions): string {
    return makeBundle(this.directory, name, options);
  }

  create(name: string, options: BundleOptions, more: Partial<CreateTask> = {}): Promise<ContainerView> {
    return this.send({
      ...{ kind: "create", id: this.id(name), bundle: this.bundle(name, options), labels: [] },
      ...{ noPivotRoot: false, runtime: "", runtimeArgs: [], stdin: "", stdout: "", stderr: "" },
      ...more,
    });
  }

  exec(name: string, process: string, args: readonly string[], spec: Partial<ProcessSpec> = {}) {
    return this.send({
      ...{ kind: "add-process", id: this.id(name), process, stdin: "", stdout: "", stderr: "" },
      spec: { user: { uid: 0, gid: 0 }, args, env: ["PATH=/bin"], cwd: "/", ...spec },
    });
  }

  kill(name: string, process = "init", signal = 9): Promise<undefined> {
    return this.send({ kind: "signal", id: this.id(name), process, signal });
  }

  async view(name: string): Promise<ContainerView | undefined> {
    const { containers } = await this.send({ kind: "state" });
    return containers.find(({ id }) => id === this.id(name));
  }

  /** What was told of a container, as words: "exit init 137". */
  of(name: string): string[] {
    return this.events.filter(({ id }) => id === this.id(name)).map(words);
  }

  async told(name: string, event: string): Promise<void> {
    await until(
      `"${event}" of ${name} is told (so far: ${this.of(name).join(", ")}; ${this.log.slice(-20).join("\n")})`,
      () => this.of(name).includes(event),
    );
  }

  /** The shims of this state directory, by their command line. */
  shims(): number[] {
    return processesNaming(this.directory)
      .filter(({ command }) => command.includes("shim"))
      .map(({ pid }) => pid);
  }

  async killShims(): Promise<void> {
    const shims = this.shims();
    for (const pid of shims) process.kill(pid, "SIGKILL");
    await until("the shims are gone", () => shims.every((pid) => !isRunning(pid)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _stack = this.#stack;
    if (this.#supervisor === undefined) await this.open().ready;
    for (const { id, status } of (await this.send({ kind: "state" })).containers) {
      if (status === "paused") await this.send({ kind: "resume", id });
      await this.send({ kind: "signal", id, process: "init", signal: 9 }).catch(() => {});
    }
    await until(
      "the containers are gone",
      async () => (await this.send({ kind: "state" })).containers.length === 0,
    );
    await this.close();
    await assertNothingLeft({ ...this, directory: this.directory, stateDir: this.state.path });
  }
}

export function words({ type, pid, status }: Event): string {
  return [type, pid, type === "exit" ? String(status) : ""].filter((word) => word !== "").join(" ");
}

/** Descriptors of this very process. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

export function read(path: string): string {
  return readFileSync(path, "utf8");
}

class TestLogger implements Logger {
  readonly #lines: string[];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  #say(level: string, message: string, fields: Fields = {}): void {
    this.#lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }

  debug(message: string, fields?: Fields): void {
    this.#say("debug", message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#say("info", message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#say("warn", message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#say("error", message, fields);
  }

  child(): Logger {
    return this;
  }
}
