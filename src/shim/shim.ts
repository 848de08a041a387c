import { constants } from "node:os";
import { dirname, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { Failure, messageOf } from "../base/errors.ts";
import type { Semaphore } from "../base/semaphore.ts";
import { ProcessDir } from "../state/layout.ts";
import type { WaitStatus } from "../sys/sys.ts";
import { exitCode } from "../sys/wait-status.ts";
import { Exits } from "./exits.ts";
import { childrenBeside, ticksNow } from "./launch/family.ts";
import { type LaunchNeeds, launch } from "./launch/launch.ts";
import type {
  AckRequest,
  AdoptRequest,
  ExitPush,
  Held,
  LaunchAnswer,
  LaunchRequest,
  ListedProcess,
  ProcessKey,
  ResizeRequest,
} from "./protocol.ts";
import { adoptStdio } from "./stdio/adopt.ts";
import type { ProcessStdio } from "./stdio/process-stdio.ts";

export interface ShimNeeds extends Omit<LaunchNeeds, "known"> {
  readonly clock: Clock;
  /** How many runtimes start something at once. */
  readonly launches: Semaphore;
  /** Says it to the daemon that is connected, if one is. */
  readonly tell: (push: ExitPush) => void;
  /** Called when there may be nothing left to do. */
  readonly onRest: () => void;
}

interface Launching {
  readonly state: "launching";
  readonly directory: string;
  readonly abort: AbortController;
  readonly done: Promise<unknown>;
}

interface Running {
  readonly state: "running";
  readonly directory: string;
  readonly pid: number;
  readonly startTime: bigint;
  readonly stdio: ProcessStdio;
  /** Launched by a shim that died. */
  readonly adopted: boolean;
}

/** "Couldn't be known", in 0.2.x's numbers. */
const unknownStatus = 255;

/** The processes of a shim: launching → running → ended, and then the exit's way to the daemon (Exits). */
export class Shim {
  readonly #needs: ShimNeeds;
  readonly #processes = new Map<string, Launching | Running>();
  readonly #byPid = new Map<number, string>();
  readonly #exits: Exits;
  /** Terminals whose last output is on its way. */
  readonly #finishing = new Set<Promise<void>>();

  constructor(needs: ShimNeeds) {
    this.#needs = needs;
    this.#exits = new Exits(needs.tell, needs.log);
  }

  /** Nothing that could need this shim: no process, no exit that is not acknowledged, no output on its way. */
  get isIdle(): boolean {
    return this.#processes.size === 0 && this.#exits.size === 0 && this.#finishing.size === 0;
  }

  tellAll(): void {
    this.#exits.tellAll();
  }

  async launch(request: LaunchRequest): Promise<LaunchAnswer> {
    const key = keyOf(request);
    if (this.#processes.has(key)) {
      const { container, process } = request;
      throw new Failure(
        "ALREADY_EXISTS",
        `shim error: process ${process} of container ${container} is here already`,
      );
    }
    const since = ticksNow();
    const abort = new AbortController();
    const launched = this.#launch(request, abort.signal);
    const done = launched.catch(() => {});
    this.#processes.set(key, { state: "launching", directory: request.directory, abort, done });
    try {
      const { pid, startTime, stdio, ended } = await launched;
      const { directory } = request;
      const running: Running = { state: "running", directory, pid, startTime, stdio, adopted: false };
      this.#processes.set(key, running);
      this.#byPid.set(pid, request.directory);
      // What has ended already has its record before its start is answered: from then on nobody may forget how.
      const early = await Promise.race([
        ended,
        new Promise<"running">((resolve) => setImmediate(resolve, "running")),
      ]).catch(() => undefined);
      if (early !== undefined && early !== "running") this.recordEnd(pid, early);
      // In a later turn, so that the launch's answer goes out before the exit of a process that has already ended.
      setImmediate(() => this.#follow(request, running, ended));
      return { pid, startTime: String(startTime), held: stdio.held };
    } catch (error) {
      if (request.process !== "init") await this.#endUnclaimed(request, key, since);
      this.#processes.delete(key);
      this.#needs.onRest();
      throw error;
    }
  }

  async abort(key: ProcessKey): Promise<void> {
    const found = this.#processes.get(keyOf(key));
    if (found?.state !== "launching") return;
    found.abort.abort(new Failure("CANCELLED", "the start was aborted"));
    await found.done;
  }

  /** The process is a zombie still: should this shim be killed before it has reaped it, somebody else can ask it. */
  recordEnd(pid: number, status: WaitStatus): void {
    const directory = this.#byPid.get(pid);
    if (directory === undefined) return;
    this.#byPid.delete(pid);
    this.#exits.record(new ProcessDir(directory), { status: exitCode(status), at: this.#needs.clock.now() });
  }

  resize({ width, height, ...key }: ResizeRequest): void {
    this.#running(key).stdio.resize(width, height);
  }

  closeStdin(key: ProcessKey): void {
    this.#running(key).stdio.closeStdin();
  }

  list(): ListedProcess[] {
    const processes = [...this.#processes].map(([key, found]): ListedProcess => {
      const [container = "", process = ""] = key.split("/");
      const { directory } = found;
      if (found.state === "launching") return { container, process, directory, state: "launching" };
      const { pid, startTime, stdio, adopted } = found;
      return {
        ...{ container, process, directory, state: "running" },
        ...{ pid, startTime: String(startTime), held: stdio.held },
        ...(adopted ? { adopted } : {}),
      };
    });
    return [...processes, ...this.#exits.list()];
  }

  acknowledge(ack: AckRequest): void {
    this.#exits.acknowledge(ack);
    this.#needs.onRest();
  }

  /** How the process ends is the daemon's affair; here only what is held of it ends with it. */
  adopt(request: AdoptRequest): Held {
    const key = keyOf(request);
    const { directory, pid } = request;
    const startTime = BigInt(request.startTime);
    if (this.#processes.has(key)) {
      const { container, process } = request;
      throw new Failure(
        "ALREADY_EXISTS",
        `shim error: process ${process} of container ${container} is here already`,
      );
    }
    const stdio = adoptStdio(this.#needs, request);
    this.#processes.set(key, { state: "running", directory, pid, startTime, stdio, adopted: true });
    void this.#needs.endings
      .ofStranger(pid, startTime)
      .catch((error) =>
        this.#needs.log.warn("an adopted process cannot be watched", { pid, error: messageOf(error) }),
      )
      .then(() => this.#end(key, stdio));
    return stdio.held;
  }

  async #launch(request: LaunchRequest, signal: AbortSignal): ReturnType<typeof launch> {
    using _turn = await this.#needs.launches.acquire(signal);
    return await launch({ ...this.#needs, known: () => this.#pids() }, request, signal);
  }

  /**
   * crun's exec may have made the process before it was killed, and before it wrote its pid down: then it is a child of this shim that
   * nobody knows, in the container's cgroup. It may also be another launch's, which is waited for: then it is known.
   *
   * @param since when the launch began: what is older is an orphan of a container that shares its PID namespace
   */
  async #endUnclaimed({ container, directory }: LaunchRequest, own: string, since: bigint): Promise<void> {
    const found = childrenBeside(new ProcessDir(join(dirname(directory), "init")));
    const left = (): number[] =>
      found.filter((pid) => {
        const stat = this.#needs.sys.readProc(pid);
        return stat?.ppid === process.pid && stat.startTime >= since && !this.#pids().has(pid);
      });
    if (left().length === 0) return;
    const others = [...this.#processes].flatMap(([key, each]) =>
      each.state === "launching" && key !== own && key.startsWith(`${container}/`) ? [each.done] : [],
    );
    await Promise.all(others);
    for (const pid of left()) this.#needs.sys.kill(pid, constants.signals.SIGKILL);
  }

  #pids(): ReadonlySet<number> {
    const pids = new Set<number>();
    for (const found of this.#processes.values()) if (found.state === "running") pids.add(found.pid);
    return pids;
  }

  async #follow(
    { container, process }: ProcessKey,
    { directory, pid, stdio }: Running,
    ended: Promise<WaitStatus | undefined>,
  ): Promise<void> {
    const { clock, log } = this.#needs;
    const status = await ended.catch((error) => {
      log.error("how a process ended cannot be known", { container, process, pid, error: messageOf(error) });
      return undefined;
    });
    const exit = {
      ...{ container, process, directory: new ProcessDir(directory), pid },
      ...{ status: status === undefined ? unknownStatus : exitCode(status), at: clock.now() },
    };
    this.#byPid.delete(pid);
    stdio.settle();
    this.#exits.add(exit);
    this.#end(keyOf({ container, process }), stdio);
  }

  #end(key: string, stdio: ProcessStdio): void {
    this.#processes.delete(key);
    const finished: Promise<void> = stdio
      .finish()
      .catch((error) =>
        this.#needs.log.error("the last output of a process is lost", { key, error: messageOf(error) }),
      )
      .then(() => {
        this.#finishing.delete(finished);
        this.#needs.onRest();
      });
    this.#finishing.add(finished);
  }

  #running(key: ProcessKey): Running {
    const found = this.#processes.get(keyOf(key));
    if (found?.state === "running") return found;
    throw new Failure(
      "NOT_FOUND",
      `shim error: process ${key.process} of container ${key.container} is not running here`,
    );
  }
}

/** Neither part has a slash: ids are checked before they come here. */
function keyOf({ container, process }: ProcessKey): string {
  return `${container}/${process}`;
}
