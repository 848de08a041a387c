import { busyboxRootfs, makeBundle } from "../../test/harness/bundle.ts";
import { TestDaemon } from "../../test/harness/daemon.ts";
import type { SeenEvents } from "../../test/harness/event-log.ts";
import { until } from "../../test/harness/until.ts";
import { inParallel, type Subject } from "./subject.ts";

export interface OursOptions {
  readonly runtime: "runc" | "crun";
  readonly shimPerContainer?: boolean;
  readonly flags?: readonly string[];
}

/** This daemon, over its socket, as another program's grpc-js client calls it. */
export class Ours implements Subject {
  readonly name: string;
  readonly runtime: "runc" | "crun";
  readonly daemon: TestDaemon;
  #events: SeenEvents;
  readonly #sleep: string;
  readonly #true: string;

  private constructor(daemon: TestDaemon, options: OursOptions) {
    this.daemon = daemon;
    this.runtime = options.runtime;
    this.name = `containerd-ts, ${options.runtime}${options.shimPerContainer === true ? ", a shim each" : ""}`;
    this.#events = daemon.events();
    busyboxRootfs(daemon.directory);
    this.#sleep = makeBundle(daemon.directory, "sleep", { args: ["sleep", "100000"] });
    this.#true = makeBundle(daemon.directory, "true", { args: ["true"] });
  }

  static async open(options: OursOptions): Promise<Ours> {
    const perContainer = options.shimPerContainer === true ? ["--shim-per-container"] : [];
    const flags = [...perContainer, "--log-level", "warn", ...(options.flags ?? [])];
    return new Ours(await TestDaemon.start({ runtime: options.runtime, flags }), options);
  }

  id(name: string): string {
    return this.daemon.id(name);
  }

  async start(ids: readonly string[], concurrency: number): Promise<void> {
    await inParallel(ids, concurrency, async (id) => {
      await this.#create(id, this.#sleep);
    });
  }

  #create(id: string, bundlePath: string) {
    return this.daemon.client.call("createContainer", { id: this.daemon.id(id), bundlePath });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await inParallel(ids, 20, (id) => this.daemon.killContainer(this.daemon.id(id)));
    await this.ended(ids);
  }

  /** After a restart, which ends every stream. */
  listenAgain(): void {
    this.#events = this.daemon.events();
  }

  /** Until each one's exit was heard. */
  async ended(ids: readonly string[]): Promise<void> {
    const wanted = new Set(ids.map((id) => this.daemon.id(id)));
    let seen = 0;
    await until(
      "every exit was heard",
      () => {
        for (; seen < this.#events.all.length; seen += 1) {
          const event = this.#events.all[seen];
          if (event?.type === "exit" && event.pid === "init") wanted.delete(event.id);
        }
        return wanted.size === 0;
      },
      1800,
    );
    this.#events.all.length = 0;
  }

  /** SIGKILL by kill(2), as nobody but the kernel would do it, to the exit event in this client. */
  async exits(ids: readonly string[]): Promise<readonly number[]> {
    const pids = new Map<string, number>();
    await inParallel(ids, 10, async (id) => {
      const { container } = await this.#create(id, this.#sleep);
      pids.set(id, container?.processes[0]?.systemPid ?? 0);
    });
    const waiting = this.#exitsHeard("init");
    const taken: number[] = [];
    for (const [id, pid] of pids) {
      const heard = waiting(this.daemon.id(id));
      const begun = performance.now();
      process.kill(pid, "SIGKILL");
      await heard;
      taken.push(performance.now() - begun);
    }
    this.#events.all.length = 0;
    return taken;
  }

  async lifecycle(ids: readonly string[], concurrency: number): Promise<void> {
    const waiting = this.#exitsHeard("init");
    await inParallel(ids, concurrency, async (id) => {
      const heard = waiting(this.daemon.id(id));
      await this.#create(id, this.#true);
      await heard;
    });
    this.#events.all.length = 0;
  }

  async exec(id: string, count: number, concurrency: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `x${process.hrtime.bigint()}-${n}`);
    const waiting = this.#exitsHeard("exec");
    await inParallel(names, concurrency, async (name) => {
      const heard = waiting(name);
      await this.daemon.client.call("addProcess", {
        id: this.daemon.id(id),
        pid: name,
        args: ["true"],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
      });
      await heard;
    });
    this.#events.all.length = 0;
  }

  /** Promises of exits, by container (init) or by the exec's name, kept by one listener. */
  #exitsHeard(kind: "init" | "exec"): (key: string) => Promise<void> {
    const open = new Map<string, () => void>();
    this.#events.onEvent = (event) => {
      if (event.type !== "exit") return;
      const key = kind === "init" ? event.id : event.pid;
      open.get(key)?.();
      open.delete(key);
    };
    return (key) => new Promise((resolve) => open.set(key, resolve));
  }

  pids(): readonly number[] {
    return [this.daemon.pid, ...this.daemon.shims()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
  }
}
