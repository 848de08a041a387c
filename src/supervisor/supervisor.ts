import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { abortFailure, raceAbort } from "../base/deadline.ts";
import { Failure, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { type Metrics, noMetrics } from "../base/metrics.ts";
import { Semaphore } from "../base/semaphore.ts";
import { Turns } from "../base/turns.ts";
import { OomWatch } from "../runtime/cgroup/oom.ts";
import { executor } from "../runtime/cli/execute.ts";
import { StateDir } from "../state/layout.ts";
import { Children } from "../sys/children.ts";
import type { Sys } from "../sys/sys.ts";
import { exitCode, type WaitStatus } from "../sys/wait-status.ts";
import { Containers } from "./containers.ts";
import type { Context, SupervisorSettings } from "./context.ts";
import { EventHub } from "./events/hub.ts";
import { Exits } from "./exits.ts";
import { Oom } from "./oom.ts";
import { Removal } from "./removal.ts";
import { restore } from "./restore.ts";
import { ShimReports } from "./shims/reports.ts";
import { Shims } from "./shims/shims.ts";
import type { ResultOf, Task } from "./task.ts";
import { run } from "./tasks/run.ts";
import { Watching } from "./watching.ts";

export interface SupervisorOptions {
  readonly sys: Sys;
  /** The state directory, absolute; the caller holds its lock. */
  readonly stateDir: string;
  readonly settings: SupervisorSettings;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** How many of the runtime's commands run at once. */
  readonly runtimesAtOnce?: number;
}

/** Measured on two cores: with fewer a core idles, with more each takes longer. */
const runtimesAtOnce = 4;

/** The part that knows the containers: takes tasks, keeps their order, watches, and remembers across its own death. */
export class Supervisor {
  /** Resolves when everything that earlier daemons left is known again; tasks wait for it. */
  readonly ready: Promise<void>;
  readonly events: EventHub;
  readonly #context: Context;
  readonly #children: Children;
  readonly #watching: Watching;
  readonly #removal: Removal;
  readonly #oomWatch: OomWatch;
  readonly #reports: ShimReports;
  readonly #underWay = new Map<
    symbol,
    { readonly kind: Task["kind"]; readonly id: string | undefined; readonly since: number }
  >();
  #restored = false;
  #closed = false;

  constructor(options: SupervisorOptions) {
    const { sys, settings, logger, metrics = noMetrics, clock = systemClock } = options;
    const state = new StateDir(options.stateDir);
    makeDirectories(state);
    sys.setChildSubreaper();
    const context = (): Context => this.#context;
    this.#children = new Children(sys, { onOrphan: (pid, status) => this.#orphan(pid, status) });
    const slots = new Semaphore(options.runtimesAtOnce ?? runtimesAtOnce);
    const env = Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${value}`],
    );
    this.events = new EventHub({ path: state.eventsLog, retain: settings.retainCount, logger, clock });
    this.#removal = new Removal(join(state.path, "trash"), logger);
    this.#oomWatch = new OomWatch(sys);
    const exits = new Exits(context, this.#removal);
    this.#watching = new Watching({ sys, exits, clock, logger });
    this.#reports = new ShimReports(context, this.#watching);
    const shims = new Shims(context, this.#children, this.#reports);
    this.#context = {
      ...{
        sys,
        clock,
        settings,
        state,
        bootId: sys.bootId(),
        containers: new Containers(),
        turns: new Turns(),
        logger,
        metrics,
      },
      ...{ starts: new Semaphore(settings.startWorkers), execute: executor(sys, this.#children, slots, env) },
      ...{
        shims,
        exits,
        events: this.events,
        oom: new Oom({ watch: this.#oomWatch, events: this.events, logger, metrics }),
      },
    };
    metrics.gauge("containers", () => this.#context.containers.size);
    metrics.gauge("event-subscribers", () => this.events.subscribers);
    metrics.gauge("tasks-waiting", () => this.#context.turns.waiting);
    metrics.gauge("runtimes-running", () => slots.inUse);
    this.ready = this.#restore();
    this.ready.catch(() => {});
  }

  async #restore(): Promise<void> {
    this.#removal.sweep();
    await restore(this.#context, this.#watching, this.#removal);
    this.#restored = true;
    this.#reports.open();
  }

  /**
   * Does what a client asks.
   *
   * @param signal the client's deadline or its going away: what is begun and can be undone is undone
   * @throws Failure, with 0.2.x's text where it has one
   */
  async send<T extends Task>(task: T, signal: AbortSignal): Promise<ResultOf<T>> {
    if (this.#closed) throw new Failure("UNAVAILABLE", "the daemon is stopping");
    this.#context.metrics.count("tasks");
    const key = Symbol(task.kind);
    this.#underWay.set(key, { kind: task.kind, id: "id" in task ? task.id : undefined, since: Date.now() });
    try {
      if (!this.#restored) await raceAbort(this.ready, signal);
      if (signal.aborted) throw abortFailure(signal);
      return await run(this.#context, task, signal);
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** As a subreaper this daemon gets the processes of a shim that it had started and that died: it hears their ends first. */
  #orphan(pid: number, status: WaitStatus): void {
    const member = this.#context.containers.byPid(pid);
    if (member === undefined) return;
    this.#context.exits.notice(member.container, member.process, {
      pid,
      status: exitCode(status),
      at: this.#context.clock.now(),
    });
  }

  /** What is going on, for the log: tasks, queues, containers; no secrets. */
  describe(): Record<string, unknown> {
    const { containers, turns, starts, shims, exits } = this.#context;
    return {
      tasks: [...this.#underWay.values()].map(({ kind, id, since }) => ({
        kind,
        id,
        ms: Date.now() - since,
      })),
      ...{ waitingForTurn: turns.waiting, starting: starts.inUse, waitingToStart: starts.waiting },
      ...{
        exitsUnderWay: exits.underWay,
        events: { subscribers: this.events.subscribers, unwritten: this.events.waiting },
      },
      shims: shims.connected,
      containers: containers.all().map((container) => ({
        id: container.id,
        state: container.state.kind,
        processes: [...container.processes.values()].map(({ name, state }) => `${name}: ${state.kind}`),
      })),
    };
  }

  /** Stops, and leaves shims and containers to themselves: what is being told is told to the end, as far as that takes no long. */
  async close(): Promise<void> {
    this.#closed = true;
    const { exits, logger, shims } = this.#context;
    const bound = AbortSignal.timeout(5000);
    await raceAbort(exits.finish(), bound).catch((error: unknown) =>
      logger.warn("stopped before every exit was told", { error: messageOf(error) }),
    );
    await raceAbort(this.#removal.finish(), bound).catch(() => {});
    shims.close();
    this.events[Symbol.dispose]();
    this.#watching[Symbol.dispose]();
    this.#oomWatch[Symbol.dispose]();
    this.#children[Symbol.dispose]();
  }
}

function makeDirectories(state: StateDir): void {
  for (const path of [state.path, state.shims, state.containers]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    // mkdir takes the umask's bits away, and an older one may have other modes
    chmodSync(path, 0o711);
  }
}
