import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Children } from "../../src/sys/children.ts";
import { linuxSys } from "../../src/sys/linux.ts";
import { exitCode } from "../../src/sys/wait-status.ts";
import { busyboxRootfs, makeBundle } from "../../test/harness/bundle.ts";
import { tempDir } from "../../test/harness/temp.ts";
import { inParallel, type Subject } from "./subject.ts";

/** What there is to do in any case: a loop of the runtime's own commands through posix_spawn, four at a time. */
const atOnce = 4;

export class Bare implements Subject {
  readonly name: string;
  readonly runtime: "runc" | "crun";
  readonly #directory: string;
  readonly #children: Children;
  readonly #stack: AsyncDisposableStack;
  readonly #env = Object.entries(process.env).map(([key, value]) => `${key}=${value}`);
  readonly #null = openSync("/dev/null", "r+");

  private constructor(
    runtime: "runc" | "crun",
    directory: string,
    children: Children,
    stack: AsyncDisposableStack,
  ) {
    this.runtime = runtime;
    this.name = `bare loop, ${runtime}`;
    this.#directory = directory;
    this.#children = children;
    this.#stack = stack;
    mkdirSync(join(directory, "root"));
    busyboxRootfs(directory);
    makeBundle(directory, "sleep", { args: ["sleep", "100000"] });
    makeBundle(directory, "true", { args: ["true"] });
  }

  static async open(runtime: "runc" | "crun"): Promise<Bare> {
    const stack = new AsyncDisposableStack();
    const directory = stack.use(await tempDir());
    const sys = linuxSys();
    sys.setChildSubreaper();
    return new Bare(runtime, directory.path, stack.use(new Children(sys)), stack);
  }

  async #run(...args: readonly string[]): Promise<void> {
    const status = await this.#children.spawnAndWait({
      ...{
        file: this.runtime,
        args: [this.runtime, "--root", join(this.#directory, "root"), ...args],
        env: this.#env,
      },
      ...{ stdin: this.#null, stdout: this.#null, stderr: 2 },
    });
    if (exitCode(status) !== 0)
      throw new Error(`${this.runtime} ${args.join(" ")} ended with ${exitCode(status)}`);
  }

  #id(id: string): string {
    return `bare${process.pid}-${id}`;
  }

  async start(ids: readonly string[]): Promise<void> {
    await inParallel(ids, atOnce, (id) =>
      this.#run("run", "--detach", "--bundle", join(this.#directory, "bundles/sleep"), this.#id(id)),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    await inParallel(ids, atOnce, (id) => this.#run("delete", "--force", this.#id(id)));
  }

  /** Has the runtime start a process. @returns its pid, and its end */
  async #begin(name: string, ...args: readonly string[]): Promise<{ pid: number; ended: Promise<unknown> }> {
    const pidFile = join(this.#directory, `${name}.pid`);
    using _expecting = this.#children.expecting();
    const [command = "", ...rest] = args;
    await this.#run(command, "--detach", "--pid-file", pidFile, ...rest);
    const pid = Number(readFileSync(pidFile, "utf8"));
    rmSync(pidFile);
    return { pid, ended: this.#children.claim(pid) };
  }

  /** Kills one after the other. @returns the milliseconds of each until it is reaped and deleted */
  async exits(ids: readonly string[]): Promise<readonly number[]> {
    const bundle = join(this.#directory, "bundles/sleep");
    const begun: { id: string; pid: number; ended: Promise<unknown> }[] = [];
    await inParallel(ids, atOnce, async (id) => {
      begun.push({ id, ...(await this.#begin(id, "run", "--bundle", bundle, this.#id(id))) });
    });
    const taken: number[] = [];
    for (const { id, pid, ended } of begun) {
      const before = performance.now();
      process.kill(pid, "SIGKILL");
      await ended;
      await this.remove([id]);
      taken.push(performance.now() - before);
    }
    return taken;
  }

  /** Each is deleted when it has ended: a `delete --force` of one that runs would wait 100 ms between two looks (runc). */
  async lifecycle(ids: readonly string[]): Promise<void> {
    const bundle = join(this.#directory, "bundles/true");
    await inParallel(ids, atOnce, async (id) => {
      const { ended } = await this.#begin(id, "run", "--bundle", bundle, this.#id(id));
      await ended;
      await this.#run("delete", "--force", this.#id(id));
    });
  }

  async exec(id: string, count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `x${n}`);
    await inParallel(names, atOnce, async (name) => {
      const { ended } = await this.#begin(name, "exec", this.#id(id), "true");
      await ended;
    });
  }

  pids(): readonly number[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
