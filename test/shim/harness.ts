import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessSpec } from "../../src/oci/spec.ts";
import { type Launched, ShimConnection, type ShimExit } from "../../src/shim/client/index.ts";
import { StateDir } from "../../src/state/layout.ts";
import type { ProcessRecord } from "../../src/state/process-record.ts";
import { writeProcessRecord } from "../../src/state/process-record.ts";
import { type BundleOptions, makeBundle } from "../harness/bundle.ts";
import { assertNothingLeft } from "../harness/leftovers.ts";
import { tempDir } from "../harness/temp.ts";
import { until } from "../harness/until.ts";

const program = join(import.meta.dirname, "../../bin/containerd-shim");

/** Both runtimes must behave alike: tests are made for each. */
export const runtimes = ["runc", "crun"] as const;
export type Runtime = (typeof runtimes)[number];

export interface ProcessOptions {
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly record?: Partial<ProcessRecord>;
  /** Instead of the shim's own. */
  readonly runtime?: string;
  readonly signal?: AbortSignal;
}

/** A shim of a test's own with a daemon's connection to it, on a state directory and a runtime's root of its own. */
export class TestShim implements AsyncDisposable {
  readonly directory: string;
  readonly state: StateDir;
  readonly runtime: string;
  readonly runtimeRoot: string;
  readonly prefix = `shim-${randomBytes(4).toString("hex")}`;
  readonly exits: ShimExit[] = [];
  readonly #stack: AsyncDisposableStack;
  #process: ChildProcess | undefined;
  #connection: ShimConnection | undefined;

  private constructor(directory: string, runtime: string, stack: AsyncDisposableStack) {
    this.directory = directory;
    this.runtime = runtime;
    this.state = new StateDir(join(directory, "state"));
    this.runtimeRoot = join(directory, "runtime-root");
    this.#stack = stack;
  }

  static async start(
    runtime: string = "runc",
    options: { readonly args?: readonly string[]; env?: NodeJS.ProcessEnv; under?: string } = {},
  ): Promise<TestShim> {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDir());
    const directory = options.under === undefined ? path : join(path, options.under);
    mkdirSync(directory, { recursive: true });
    const shim = new TestShim(directory, runtime, stack.move());
    mkdirSync(shim.state.containers, { recursive: true });
    mkdirSync(shim.runtimeRoot);
    await shim.launch(options);
    return shim;
  }

  async launch(options: { readonly args?: readonly string[]; env?: NodeJS.ProcessEnv } = {}): Promise<void> {
    const { path, log } = this.state.shim("shared");
    mkdirSync(path, { recursive: true });
    const out = openSync(log, "a");
    const args = ["--state", this.state.path, "--name", "shared", ...(options.args ?? [])];
    this.#process = spawn(program, args, {
      detached: true,
      stdio: ["ignore", out, out],
      env: { ...process.env, ...options.env },
    });
    closeSync(out);
    await this.reconnect();
  }

  get shim(): ShimConnection {
    if (this.#connection === undefined) throw new Error("not connected");
    return this.#connection;
  }

  get log(): string {
    return readFileSync(this.state.shim("shared").log, "utf8");
  }

  /** As a new daemon does. */
  async reconnect(): Promise<void> {
    this.disconnect();
    this.exits.length = 0;
    this.#connection = await this.#connect(true);
  }

  #connect(awaited: boolean): Promise<ShimConnection> {
    return ShimConnection.connect({
      socket: this.state.shim("shared").socket,
      daemonPid: process.pid,
      onExit: (exit) => this.exits.push(exit),
      awaited,
      signal: AbortSignal.timeout(20_000),
    });
  }

  disconnect(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }

  id(name: string): string {
    return `${this.prefix}-${name}`;
  }

  bundle(name: string, options: BundleOptions): string {
    return makeBundle(this.directory, name, options);
  }

  /** Makes a bundle and starts it, as the daemon does. */
  async run(
    name: string,
    bundle: BundleOptions | readonly string[],
    options: ProcessOptions = {},
  ): Promise<Launched> {
    const path = this.bundle(name, "args" in bundle ? bundle : { args: bundle });
    const config = JSON.parse(readFileSync(join(path, "config.json"), "utf8")) as { process: ProcessRecord };
    return await this.#launch(this.key(name), path, { ...config.process, exec: false }, options);
  }

  async exec(
    name: string,
    process: string,
    args: readonly string[],
    options: ProcessOptions = {},
  ): Promise<Launched> {
    const spec = { args, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 }, exec: true };
    return await this.#launch(this.key(name, process), "", spec, options);
  }

  async #launch(
    key: { readonly container: string; readonly process: string },
    bundle: string,
    spec: ProcessSpec & { readonly exec: boolean },
    { record, runtime = this.runtime, signal, ...stdio }: ProcessOptions,
  ): Promise<Launched> {
    const directory = this.state.container(key.container).process(key.process);
    mkdirSync(directory.path, { recursive: true, mode: 0o711 });
    writeProcessRecord(directory, {
      ...spec,
      ...{ stdin: "", stdout: "", stderr: "", ...stdio },
      ...{ runtimeArgs: ["--root", this.runtimeRoot], noPivotRoot: false, rootUID: 0, rootGID: 0 },
      ...record,
    });
    return await this.shim.launch({ ...key, bundle, runtime, directory: directory.path }, signal);
  }

  key(name: string, process = "init"): { container: string; process: string } {
    return { container: this.id(name), process };
  }

  /** Waits for an exit, and acknowledges it. */
  async exit(name: string, process = "init"): Promise<ShimExit> {
    const exit = await until(`${name}/${process} has ended`, () =>
      this.exits.find((one) => one.container === this.id(name) && one.process === process),
    );
    await this.shim.ack(exit, exit.pid);
    return exit;
  }

  async delete(name: string): Promise<void> {
    const child = spawn(this.runtime, ["--root", this.runtimeRoot, "delete", "--force", this.id(name)], {
      stdio: "inherit",
    });
    await once(child, "exit");
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  /** The shim ends by itself when it has nothing left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = this.#stack;
    // For a test that failed in the middle.
    stack.defer(() => this.end());
    // None where the shim has ended, as it does without processes and connections.
    const connection = await this.#connect(false).catch(() => undefined);
    if (connection !== undefined) await this.#endProcesses(connection);
    connection?.[Symbol.dispose]();
    this.disconnect();
    for (const id of readdirSync(this.state.containers))
      rmSync(join(this.state.containers, id), { recursive: true });
    const { directory, prefix, runtimeRoot } = this;
    await assertNothingLeft({ directory, prefix, runtimeRoot, stateDir: this.state.path });
  }

  async #endProcesses(connection: ShimConnection): Promise<void> {
    for (const found of await connection.list())
      if (found.state === "launching") await connection.abort(found);
    for (const id of readdirSync(this.runtimeRoot)) await this.delete(id.slice(this.prefix.length + 1));
    await until("all have ended", async () => {
      const left = await connection.list();
      for (const found of left) if (found.state === "ended") await connection.ack(found, found.pid);
      return left.length === 0;
    });
  }
}

/** A program that stands in for a runtime. */
export function script(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}
