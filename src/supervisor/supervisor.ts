import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { abortFailure, firstOf, raceAbort, within } from "../base/deadline.ts";
import { Failure, messageOf } from "../base/errors.ts";
import { checkId } from "../base/ids.ts";
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
import { Activity } from "./activity.ts";
import { Containers } from "./containers.ts";
import type { Context, SupervisorSettings } from "./context.ts";
import { EventHub } from "./events/hub.ts";
import { Exits } from "./exits.ts";
import { Oom } from "./oom.ts";
import { Removal } from "./removal.ts";
import { restore } from "./restore/restore.ts";
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
}

/** Bounds the runtime's commands but for deletes, which have a bound of their own: one that hangs must leave room for the others. */
const runtimesAtOnce = 64;
/** How long a stop waits for tasks to be undone, and for ends to be told. */
const stopMs = 5000;
/** Of how many tasks and containers the dump tells. */
const dumped = 200;

/** The part that knows the containers: takes tasks, keeps their order, watches, and remembers across its own death. */
export class Supervisor {
  /**
   * Resolves when everything that earlier daemons left is known again, and the ends that came meanwhile are in the event log. Tasks wait
   * for the first of the two by themselves.
   */
  readonly ready: Promise<void>;
  readonly events: EventHub;
  readonly #context: Context;
  readonly #children: Children;
  readonly #oomWatch: OomWatch;
  readonly #reports: ShimReports;
  readonly #activity = new Activity();
  readonly #closing = new AbortController();
  readonly #known: Promise<void>;
  #isKnown = false;

  constructor(options: SupervisorOptions) {
    const { sys, settings, logger, metrics = noMetrics, clock = systemClock } = options;
    const state = new StateDir(options.stateDir);
    makeDirectories(state);
    sys.setChildSubreaper();
    const context = (): Context => this.#context;
    this.#children = new Children(sys, {
      onEnd: (pid, status) => this.#recordEnd(pid, status),
      onOrphan: (pid, status) => this.#orphan(pid, status),
    });
    const slots = new Semaphore(runtimesAtOnce);
    this.events = new EventHub({ path: state.eventsLog, retain: settings.retainCount, logger, clock });
    const removal = new Removal(state.containers, join(state.path, "trash"), logger);
    this.#oomWatch = new OomWatch(sys);
    const exits = new Exits(context);
    const watching = new Watching({ sys, exits, clock, logger });
    this.#reports = new ShimReports(context, watching);
    this.#context = {
      ...{ sys, clock, settings, state, bootId: sys.bootId(), logger, metrics },
      ...{ containers: new Containers(), turns: new Turns(), starts: new Semaphore(settings.startWorkers) },
      ...{ execute: executor(sys, this.#children, slots, environment()), exits, watching, removal },
      ...{ shims: new Shims(context, this.#children, this.#reports), events: this.events },
      oom: new Oom({ watch: this.#oomWatch, events: this.events, logger, metrics }),
    };
    metrics.gauge("containers", () => this.#context.containers.size);
    metrics.gauge("event-subscribers", () => this.events.subscribers);
    metrics.gauge("tasks-waiting", () => this.#context.turns.waiting + this.#context.starts.waiting);
    metrics.gauge("runtimes-running", () => slots.inUse);
    this.#known = this.#restore();
    this.ready = this.#known.then(() => this.#context.exits.settled());
    this.ready.catch((error: unknown) => logger.error("restoring failed", { error: messageOf(error) }));
  }

  async #restore(): Promise<void> {
    this.#context.removal.sweep();
    await restore(this.#context);
    this.#isKnown = true;
    this.#reports.open();
  }

  /**
   * Does what a client asks.
   *
   * @param signal the client's deadline or its going away: what is begun and can be undone is undone
   * @throws Failure, with 0.2.x's text where it has one
   */
  async send<T extends Task>(task: T, signal: AbortSignal): Promise<ResultOf<T>> {
    const closing = this.#closing.signal;
    if (closing.aborted) throw abortFailure(closing);
    if (task.id !== undefined) checkId("container id", task.id);
    if ("process" in task) checkId("process id", task.process);
    this.#context.metrics.count("tasks");
    using _task = this.#activity.begin(task);
    using limit = firstOf(signal, closing);
    if (!this.#isKnown) await raceAbort(this.#known, limit.signal);
    if (limit.signal.aborted) throw abortFailure(limit.signal);
    return await run(this.#context, task, limit.signal);
  }

  /** Before it is reaped: a daemon that is killed afterwards leaves the next one its record. */
  #recordEnd(pid: number, status: WaitStatus): void {
    const member = this.#context.containers.byPid(pid);
    if (member !== undefined)
      this.#context.exits.record(member.process, {
        pid,
        status: exitCode(status),
        at: this.#context.clock.now(),
      });
  }

  /** As a subreaper this daemon gets the processes of a shim that it had started and that died: it hears their ends first. */
  #orphan(pid: number, status: WaitStatus): void {
    const member = this.#context.containers.byPid(pid);
    if (member === undefined) return;
    const at = this.#context.clock.now();
    this.#context.exits.notice(member.container, member.process, { pid, status: exitCode(status), at });
  }

  /** What is going on, for the log: tasks, queues, containers; no secrets. */
  describe(): Record<string, unknown> {
    const { containers, turns, starts, shims, exits } = this.#context;
    return {
      restored: this.#isKnown,
      tasks: this.#activity.list(dumped),
      ...{ waitingForTurn: turns.waiting, starting: starts.inUse, waitingToStart: starts.waiting },
      exitsUnderWay: exits.underWay,
      events: { subscribers: this.events.subscribers, unwritten: this.events.waiting },
      shims: shims.connected,
      count: containers.size,
      containers: containers
        .all()
        .slice(0, dumped)
        .map((container) => ({
          ...{ id: container.id, state: container.state.kind, shim: container.record.shim },
          processes: [...container.processes.values()].map(({ name, state }) => `${name}: ${state.kind}`),
        })),
    };
  }

  /**
   * Stops, and leaves shims and containers to themselves: starts under way are undone, and what is being told is told to the end, as far
   * as that takes no long. What is not done by then the next daemon finds.
   */
  async close(): Promise<void> {
    const { exits, logger, shims, removal, watching } = this.#context;
    this.#closing.abort(new Failure("UNAVAILABLE", "the daemon is stopping"));
    const settled = Promise.all([this.#activity.finish(), exits.finish(), removal.finish()]);
    if (!(await within(settled, stopMs)))
      logger.warn("stopped before everything was done; the next daemon goes on with it", {
        tasks: this.#activity.size,
        exits: exits.underWay,
      });
    shims.close();
    this.events[Symbol.dispose]();
    watching[Symbol.dispose]();
    this.#oomWatch[Symbol.dispose]();
    this.#children[Symbol.dispose]();
  }
}

/** What runtimes are given of the daemon's environment: their hooks and their own settings may need any of it. */
function environment(): string[] {
  return Object.entries(process.env).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}`],
  );
}

function makeDirectories(state: StateDir): void {
  for (const path of [state.path, state.shims, state.containers]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    // mkdir takes the umask's bits away, and an older one may have other modes
    chmodSync(path, 0o711);
  }
}
