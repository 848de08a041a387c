import { setTimeout as pause } from "node:timers/promises";
import type { ApiClient } from "../harness/api-client.ts";
import type { TestDaemon } from "../harness/daemon.ts";
import { until } from "../harness/until.ts";
import { type Believed, Model } from "./model.ts";
import { Random } from "./random.ts";

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** Containers that may be alive at once. */
  readonly containers: number;
}

/** gRPC codes of a call whose fate a death has hidden: CANCELLED, UNKNOWN of a cut stream, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE. */
const notFound = 5;
const failedPrecondition = 9;
const cut = new Set([1, 4, 13, 14]);

/**
 * Many clients do what they like with the daemon's containers while a killer SIGKILLs daemon and shims; then everything is
 * ended, and the event log is held against what the clients believe.
 */
export class Soak {
  readonly #daemon: TestDaemon;
  readonly #options: SoakOptions;
  readonly #model = new Model();
  readonly #alive = new Map<string, Believed>();
  readonly #bundles: readonly { readonly path: string; readonly code: number | undefined }[];
  #made = 0;
  #over = false;
  /** Why starts failed, and how often: for people to read. */
  readonly refusals = new Map<string, number>();
  readonly counts = { calls: 0, daemonKills: 0, shimKills: 0, processes: 0, events: 0 };

  constructor(daemon: TestDaemon, options: SoakOptions) {
    this.#daemon = daemon;
    this.#options = options;
    this.#bundles = [
      { path: daemon.bundle("at-once", ["sh", "-c", "exit 3"]), code: 3 },
      { path: daemon.bundle("soon", ["sh", "-c", "sleep 1; exit 4"]), code: 4 },
      { path: daemon.bundle("later", ["sh", "-c", "sleep 4; exit 5"]), code: 5 },
      { path: daemon.bundle("never", ["sleep", "100000"]), code: undefined },
    ];
  }

  async run(): Promise<void> {
    const { seed, seconds, clients } = this.#options;
    const timer = setTimeout(() => {
      this.#over = true;
    }, seconds * 1000);
    const workers = Array.from({ length: clients }, (_, n) => this.#work(new Random(seed * 1000 + n)));
    await Promise.all([...workers, this.#kill(new Random(seed * 1000 + 999))]);
    clearTimeout(timer);
    await this.#endAll();
    await this.#check();
  }

  async #work(random: Random): Promise<void> {
    while (!this.#over) {
      const what = random.weighted({ create: 5, exec: 6, kill: 3, pause: 1, state: 2, stats: 1 });
      await this.#act(what, random).catch((error: Error & { code?: number }) => {
        // what a dead daemon cut off, and what lost a race against a container's own end, is part of the game
        if (error.code === undefined) throw error;
      });
      await pause(random.below(60));
    }
  }

  async #act(what: "create" | "exec" | "kill" | "pause" | "state" | "stats", random: Random): Promise<void> {
    const { client } = this.#daemon;
    this.counts.calls += 1;
    if (what === "state") return void (await client.call("state", {}));
    if (what === "create") return await this.#create(client, random);
    const ids = [...this.#alive.keys()];
    if (ids.length === 0) return;
    const id = random.pick(ids);
    try {
      await this.#actOn(what, client, id, random);
    } catch (error) {
      // it has ended by itself: somebody else's turn
      if (
        (error as { code?: number }).code === notFound ||
        (error as { code?: number }).code === failedPrecondition
      )
        this.#alive.delete(id);
      throw error;
    }
  }

  async #actOn(
    what: "exec" | "kill" | "pause" | "stats",
    client: ApiClient,
    id: string,
    random: Random,
  ): Promise<void> {
    if (what === "exec") return await this.#exec(client, id, random);
    if (what === "stats") return void (await client.call("stats", { id }));
    if (what === "pause") {
      await client.call("updateContainer", { id, pid: "init", status: "paused" });
      await pause(random.below(100));
      return void (await client.call("updateContainer", { id, pid: "init", status: "running" }));
    }
    // noted before it is sent: an exit may be told before the answer is
    this.#model.killed(id);
    await client.call("signal", { id, pid: "init", signal: 9 });
    this.#alive.delete(id);
  }

  async #create(client: ApiClient, random: Random): Promise<void> {
    if (this.#alive.size >= this.#options.containers) return;
    const bundle = random.pick(this.#bundles);
    this.#made += 1;
    const id = this.#daemon.id(`c${this.#made}`);
    const believed = this.#model.begin(id, "init", bundle.code);
    this.#alive.set(id, believed);
    try {
      await this.#follow(believed, client.call("createContainer", { id, bundlePath: bundle.path }));
    } finally {
      if (believed.start === "refused") this.#alive.delete(id);
    }
  }

  async #exec(client: ApiClient, id: string, random: Random): Promise<void> {
    this.#made += 1;
    const [script, code] = random.pick([
      ["exit 6", 6],
      ["sleep 0.3; exit 7", 7],
      ["sleep 100000", undefined],
    ] as const);
    const process = `x${this.#made}`;
    const believed = this.#model.begin(id, process, code);
    // an exec dies of its container's end, whoever caused that
    believed.killed = true;
    await this.#follow(
      believed,
      client.call("addProcess", {
        id,
        pid: process,
        args: ["sh", "-c", script],
        cwd: "/",
        env: ["PATH=/bin"],
        user: {},
      }),
    );
  }

  async #follow(believed: Believed, call: Promise<unknown>): Promise<void> {
    try {
      await call;
      believed.start = "acknowledged";
    } catch (error) {
      const { code = -1 } = error as { code?: number };
      believed.start = cut.has(code) ? "unknown" : "refused";
      const why = (error as Error).message.replaceAll(/[tcx]?\d+\S*/g, "N").slice(0, 120);
      this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
      throw error;
    }
  }

  async #kill(random: Random): Promise<void> {
    while (!this.#over) {
      await pause(500 + random.below(2500));
      const whom = random.weighted({ daemon: 3, shim: 3, both: 2 });
      if (whom === "shim") {
        await this.#daemon.killShims();
        this.counts.shimKills += 1;
        continue;
      }
      await this.#daemon.end("SIGKILL");
      this.counts.daemonKills += 1;
      if (whom === "both") {
        await this.#daemon.killShims();
        this.counts.shimKills += 1;
      }
      await pause(random.below(300));
      await this.#daemon.launch();
    }
  }

  async #endAll(): Promise<void> {
    const { client } = this.#daemon;
    await until(
      "every container has ended",
      async () => {
        const { containers } = await client.call("state", {});
        for (const { id, status } of containers) {
          this.#model.killed(id);
          if (status === "paused")
            await client
              .call("updateContainer", { id, pid: "init", status: "running" })
              .catch(() => undefined);
          await client.call("signal", { id, pid: "init", signal: 9 }).catch(() => undefined);
        }
        return containers.length === 0;
      },
      120,
    );
  }

  async #check(): Promise<void> {
    using replay = this.#daemon.events({ storedOnly: true, timestamp: { seconds: 0n, nanos: 0 } });
    await until("the replay ends", () => replay.ended !== undefined);
    this.counts.processes = this.#model.size;
    this.counts.events = replay.all.length;
    this.#model.check(replay.all);
  }
}
