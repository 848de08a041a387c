import { mkdirSync, openSync } from "node:fs";
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

  /** Starts each and deletes it while it runs. @returns the milliseconds of each `delete --force`, which kills first */
  async exits(ids: readonly string[]): Promise<readonly number[]> {
    await this.start(ids);
    const taken: number[] = [];
    for (const id of ids) {
      const begun = performance.now();
      await this.remove([id]);
      taken.push(performance.now() - begun);
    }
    return taken;
  }

  async lifecycle(ids: readonly string[]): Promise<void> {
    await inParallel(ids, atOnce, async (id) => {
      await this.#run("run", "--detach", "--bundle", join(this.#directory, "bundles/true"), this.#id(id));
      await this.#run("delete", "--force", this.#id(id));
    });
  }

  async exec(id: string, count: number): Promise<void> {
    await inParallel(
      Array.from({ length: count }, (_, n) => n),
      atOnce,
      () => this.#run("exec", "--detach", this.#id(id), "true"),
    );
  }

  pids(): readonly number[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
