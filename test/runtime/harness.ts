import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Semaphore } from "../../src/base/semaphore.ts";
import { type Cgroups, findCgroups } from "../../src/runtime/cgroup/cgroups.ts";
import { type Execute, executor } from "../../src/runtime/cli/execute.ts";
import { RuntimeCli } from "../../src/runtime/cli/runtime-cli.ts";
import { Children } from "../../src/sys/children.ts";
import { linuxSys } from "../../src/sys/linux.ts";
import type { Fd } from "../../src/sys/sys.ts";
import { type BundleOptions, makeBundle } from "../harness/bundle.ts";
import { prepareHost } from "../harness/host.ts";
import { tempDir } from "../harness/temp.ts";

/** Both runtimes must behave alike: tests are made for each. */
export const runtimes = ["runc", "crun"] as const;
export type Runtime = (typeof runtimes)[number];

export const sys = linuxSys();

/** A runtime with a root of its own, and containers that no daemon knows. */
export class Bench implements AsyncDisposable {
  readonly directory: string;
  readonly runtime: Runtime;
  readonly execute: Execute;
  readonly cli: RuntimeCli;
  readonly root: string;
  readonly #stack: AsyncDisposableStack;
  readonly #prefix = `rt-${randomBytes(4).toString("hex")}`;
  readonly #children: Children;
  readonly #env: readonly string[];
  #count = 0;

  private constructor(directory: string, runtime: Runtime, stack: AsyncDisposableStack) {
    this.#stack = stack;
    this.directory = directory;
    this.runtime = runtime;
    this.root = join(directory, "runtime-root");
    mkdirSync(this.root);
    this.#children = stack.use(new Children(sys));
    this.#env = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`);
    this.execute = executor(sys, this.#children, new Semaphore(4), this.#env);
    const args = ["--root", this.root];
    this.cli = new RuntimeCli(this.execute, { path: runtime, args, log: join(directory, "log.json") });
  }

  static async start(runtime: Runtime): Promise<Bench> {
    prepareHost();
    sys.setChildSubreaper();
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDir());
    return new Bench(path, runtime, stack.move());
  }

  /** Makes a bundle, runs it detached, and deletes the container with the bench. */
  async run(options: BundleOptions, stdio?: Stdio): Promise<Running> {
    const id = this.newId();
    const bundle = makeBundle(this.directory, id, options);
    const pidFile = join(bundle, "pid");
    this.#stack.defer(() => this.cli.delete(id, { force: true }).catch(() => {}));
    await this.spawn(["run", "--detach", "--pid-file", pidFile, "--bundle", bundle, id], stdio);
    const pid = Number(readFileSync(pidFile, "utf8"));
    return { id, pid, bundle, cgroups: () => found(pid) };
  }

  newId(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }

  /** Runs the runtime with the container's stdio as its own, /dev/null where there is none. @throws with what it logged */
  async spawn(args: readonly string[], stdio?: Stdio, env: readonly string[] = []): Promise<void> {
    const log = join(this.directory, "spawn.log");
    const nothing = sys.openNull();
    const { stdin, stdout, stderr } = stdio ?? { stdin: nothing, stdout: nothing, stderr: nothing };
    const argv = [this.runtime, "--log", log, "--root", this.root, ...args];
    const request = { file: this.runtime, args: argv, env: [...this.#env, ...env], stdin, stdout, stderr };
    const status = await this.#children.spawnAndWait(request);
    sys.close(nothing);
    if (status.kind !== "exited" || status.code !== 0)
      throw new Error(`${this.runtime} ${args[0]} failed: ${readFileSync(log, "utf8")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Descriptors of this process. */
export interface Stdio {
  readonly stdin: Fd;
  readonly stdout: Fd;
  readonly stderr: Fd;
}

export interface Running {
  readonly id: string;
  readonly pid: number;
  readonly bundle: string;
  cgroups(): Cgroups;
}

function found(pid: number): Cgroups {
  const cgroups = findCgroups(pid);
  if (cgroups === undefined) throw new Error(`process ${pid} has no cgroup of its own`);
  return cgroups;
}
