import { join } from "node:path";
import { busyboxRootfs } from "../../test/harness/bundle.ts";
import { processesNaming } from "../../test/harness/processes.ts";
import { tempDir } from "../../test/harness/temp.ts";
import { runProgram } from "./programs.ts";
import { inParallel, type Subject } from "./subject.ts";

/** Debian's podman with conmon: no daemon, so every command is a process of its own. */
export class Podman implements Subject {
  readonly name: string;
  readonly runtime: "runc" | "crun";
  readonly #directory: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(runtime: "runc" | "crun", directory: string, stack: AsyncDisposableStack) {
    this.name = `podman, ${runtime}`;
    this.runtime = runtime;
    this.#directory = directory;
    this.#stack = stack;
    busyboxRootfs(directory);
  }

  static async open(runtime: "runc" | "crun"): Promise<Podman> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDir());
    return new Podman(runtime, path, stack);
  }

  async #podman(...args: readonly string[]): Promise<void> {
    const own = [
      "--root",
      join(this.#directory, "root"),
      "--runroot",
      join(this.#directory, "run"),
      "--tmpdir",
      join(this.#directory, "tmp"),
      "--runtime",
      this.runtime,
    ];
    const quiet = [
      "--cgroup-manager",
      "cgroupfs",
      "--events-backend",
      "none",
      "--storage-driver",
      "vfs",
      "--log-level",
      "error",
    ];
    await runProgram(["podman", ...own, ...quiet, ...args]);
  }

  #create(id: string, command: readonly string[], flags: readonly string[]): Promise<void> {
    return this.#podman(
      "run",
      ...flags,
      "--net",
      "none",
      // its own default is more than a container's root may have where the machine is one itself
      "--ulimit",
      "nofile=1024:1024",
      "--ulimit",
      "nproc=1024:1024",
      "--log-driver",
      "none",
      "--name",
      `pm${process.pid}-${id}`,
      "--rootfs",
      join(this.#directory, "rootfs"),
      ...command,
    );
  }

  async start(ids: readonly string[], concurrency: number): Promise<void> {
    await inParallel(ids, concurrency, (id) => this.#create(id, ["sleep", "100000"], ["--detach"]));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await inParallel(ids, 4, (id) => this.#podman("rm", "--force", "--time", "0", `pm${process.pid}-${id}`));
  }

  async lifecycle(ids: readonly string[], concurrency: number): Promise<void> {
    await inParallel(ids, concurrency, (id) => this.#create(id, ["true"], ["--rm"]));
  }

  async exec(id: string, count: number, concurrency: number): Promise<void> {
    await inParallel(
      Array.from({ length: count }, (_, n) => n),
      concurrency,
      () => this.#podman("exec", `pm${process.pid}-${id}`, "true"),
    );
  }

  pids(): readonly number[] {
    return processesNaming(join(this.#directory, "run")).map((found) => found.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
