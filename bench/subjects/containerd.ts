import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxRootfs } from "../../test/harness/bundle.ts";
import { processesNaming } from "../../test/harness/processes.ts";
import { tempDir } from "../../test/harness/temp.ts";
import { until } from "../../test/harness/until.ts";
import { runProgram } from "./programs.ts";
import { inParallel, type Subject } from "./subject.ts";

/** Debian's containerd (1.6), through the ctr that comes with it. */
export class Containerd implements Subject {
  readonly name = "containerd 1.6, runc";
  readonly runtime = "runc";
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #stack: AsyncDisposableStack;

  private constructor(directory: string, child: ChildProcess, stack: AsyncDisposableStack) {
    this.#directory = directory;
    this.#process = child;
    this.#stack = stack;
    busyboxRootfs(directory);
  }

  static async open(): Promise<Containerd> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDir());
    const config = join(path, "config.toml");
    mkdirSync(join(path, "root"));
    writeFileSync(
      config,
      `version = 2\nroot = "${path}/root"\nstate = "${path}/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "${path}/sock"\n[ttrpc]\naddress = "${path}/ttrpc"\n`,
    );
    const child = spawn("containerd", ["--config", config, "--log-level", "error"], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    stack.defer(async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    });
    await until("containerd listens", () => existsSync(join(path, "sock")));
    return new Containerd(path, child, stack);
  }

  async #ctr(...args: readonly string[]): Promise<void> {
    await runProgram(["ctr", "--address", join(this.#directory, "sock"), ...args]);
  }

  #id(id: string): string {
    return `cd${process.pid}-${id}`;
  }

  async start(ids: readonly string[], concurrency: number): Promise<void> {
    const rootfs = join(this.#directory, "rootfs");
    await inParallel(ids, concurrency, (id) =>
      this.#ctr("run", "--detach", "--rootfs", rootfs, this.#id(id), "/bin/sleep", "100000"),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    await inParallel(ids, 4, (id) => this.#ctr("task", "delete", "--force", this.#id(id)));
    await inParallel(ids, 4, (id) => this.#ctr("container", "delete", this.#id(id)));
  }

  async lifecycle(ids: readonly string[], concurrency: number): Promise<void> {
    const rootfs = join(this.#directory, "rootfs");
    await inParallel(ids, concurrency, (id) =>
      this.#ctr("run", "--rm", "--rootfs", rootfs, this.#id(id), "/bin/true"),
    );
  }

  async exec(id: string, count: number, concurrency: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `x${process.hrtime.bigint()}-${n}`);
    await inParallel(names, concurrency, (name) =>
      this.#ctr("task", "exec", "--exec-id", name, this.#id(id), "/bin/true"),
    );
  }

  pids(): readonly number[] {
    const shims = processesNaming(join(this.#directory, "sock")).map((found) => found.pid);
    return [this.#process.pid ?? 0, ...shims.filter((pid) => pid !== this.#process.pid)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
