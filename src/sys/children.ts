import { constants } from "node:os";

import { KeptExits } from "./kept-exits.ts";
import type { Ended, SpawnRequest, Sys } from "./sys.ts";
import type { WaitStatus } from "./wait-status.ts";

export interface ChildrenOptions {
  /** Every exit, before the process is reaped: what is written here is written before anybody can forget how it ended. */
  readonly onEnd?: (pid: number, status: WaitStatus) => void;
  /** An exit that nobody claimed, and that nobody can claim any more. */
  readonly onOrphan?: (pid: number, status: WaitStatus) => void;
}

type Needs = Pick<Sys, "kill" | "onChildExit" | "spawn" | "waitNext">;

/** A claim is a reason for the process to stay, and this also catches up with a SIGCHLD that went to somebody else. */
const CATCH_UP_MS = 10_000;

/**
 * The one reaper of a process: every exit goes to whoever claimed its pid. node:child_process must not run beside it:
 * libuv would wait for pids that are reaped here.
 */
export class Children implements Disposable {
  readonly #sys: Needs;
  readonly #onEnd: ChildrenOptions["onEnd"];
  readonly #claims = new Map<number, (status: WaitStatus) => void>();
  readonly #kept: KeptExits;
  readonly #signal: Disposable;
  #catchUp: NodeJS.Timeout | undefined;

  constructor(sys: Needs, options: ChildrenOptions = {}) {
    this.#sys = sys;
    this.#onEnd = options.onEnd;
    this.#kept = new KeptExits(({ pid, status }) => options.onOrphan?.(pid, status));
    this.#signal = sys.onChildExit(() => this.reap());
  }

  /**
   * How the process ends. It has to be a child, or one that will be inherited; of one that somebody else reaps, nothing
   * is ever heard here, until the signal rejects the promise and withdraws the claim.
   */
  claim(pid: number, signal?: AbortSignal): Promise<WaitStatus> {
    if (this.#claims.has(pid)) throw new Error(`process ${pid} is claimed already`);
    signal?.throwIfAborted();
    const status = this.#kept.take(pid);
    if (status !== undefined) return Promise.resolve(status);
    const { promise, resolve, reject } = Promise.withResolvers<WaitStatus>();
    const end = (): void => {
      this.#claims.delete(pid);
      signal?.removeEventListener("abort", onAbort);
      if (this.#claims.size === 0) this.#rest();
    };
    const onAbort = (): void => {
      end();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#claims.set(pid, (ended) => {
      end();
      resolve(ended);
    });
    this.#catchUp ??= setInterval(() => this.reap(), CATCH_UP_MS);
    return promise;
  }

  /** While it is open, exits that nobody claimed are kept: a launch learns the pid only after the process may have ended. */
  expecting(): Disposable {
    return this.#kept.expecting();
  }

  /** As Sys.spawn. The pid's exit is not lost when it is claimed before control goes back to the loop. */
  spawn(request: SpawnRequest): number {
    const pid = this.#sys.spawn(request);
    this.#kept.forget(pid);
    return pid;
  }

  /** Kills the child when the signal aborts: with its whole group where it leads a session. It is reaped in any case. */
  async spawnAndWait(request: SpawnRequest, signal?: AbortSignal): Promise<WaitStatus> {
    signal?.throwIfAborted();
    const pid = this.spawn(request);
    const ended = this.claim(pid);
    // While the claim stands it is not reaped, and the pid nobody else's.
    const kill = (): void =>
      this.#sys.kill(request.newSession === true ? -pid : pid, constants.signals.SIGKILL);
    signal?.addEventListener("abort", kill, { once: true });
    try {
      return await ended;
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  /** Takes every exit there is. SIGCHLD does it; signals are merged, so one may stand for many children. */
  reap(): void {
    const next = (): Ended | undefined => this.#sys.waitNext(({ pid, status }) => this.#onEnd?.(pid, status));
    for (let ended = next(); ended !== undefined; ended = next()) {
      const claim = this.#claims.get(ended.pid);
      if (claim === undefined) this.#kept.keep(ended);
      else claim(ended.status);
    }
  }

  /** Claims that are open stay unanswered. */
  [Symbol.dispose](): void {
    this.#signal[Symbol.dispose]();
    this.#rest();
  }

  #rest(): void {
    clearInterval(this.#catchUp);
    this.#catchUp = undefined;
  }
}
