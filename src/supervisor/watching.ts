import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { pidsIn } from "../runtime/cgroup/processes.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import { type ExitRecord, readExitRecord } from "../state/exit-record.ts";
import type { Poller, Sys } from "../sys/sys.ts";
import { exitCode, type WaitStatus } from "../sys/wait-status.ts";
import type { Exits } from "./exits.ts";

interface Parts {
  readonly sys: Pick<Sys, "poller" | "readProc" | "pidfdExitStatus">;
  readonly exits: Exits;
  readonly clock: Clock;
  readonly logger: Logger;
}

const unknownStatus = 255;
/** How often a namespace's init is looked at that may not be able to end, and how often it must be found so. */
const mindMs = 250;
const stuckAfter = 4;

/**
 * Watches processes whose shim is dead, so that nobody tells their end. Whoever reaps them (this daemon as a subreaper, init, or nobody yet),
 * how they ended can be read: while a process is a zombie, in /proc; afterwards, from the pidfd (Linux 6.15).
 */
export class Watching implements Disposable {
  readonly #parts: Parts;
  readonly #poller: Poller;
  readonly #minded = new Map<Process, NodeJS.Timeout>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#poller = parts.sys.poller({ ref: true });
  }

  /** Sees the end of a running process, also where it has come already. */
  watch(container: Container, process: Process): void {
    if (process.state.kind !== "running" || process.watch !== undefined) return;
    if (process.pidfd === undefined) {
      // it had ended before it could be looked at, and whoever saw how is dead
      this.#look(container, process, true);
      return;
    }
    if (process.isInit && this.#parts.sys.readProc(process.pid)?.exiting === true) this.#mindInit(container);
    process.watch = this.#poller.add(process.pidfd, { in: true, edge: true }, ({ hup }) =>
      this.#look(container, process, hup),
    );
  }

  /**
   * The init of a PID namespace ends only when all the others in it have been reaped. Those that were executed are orphans now, and an init of
   * the machine that does not reap (some sandboxes have one) would keep the container's from ending for ever: then its code, which is decided,
   * is taken from where it is.
   */
  #mindInit(container: Container): void {
    const { init } = container;
    if (init === undefined || this.#minded.has(init)) return;
    let seen = 0;
    const timer = setInterval(() => {
      const stat = init.state.kind === "running" ? this.#parts.sys.readProc(init.pid) : undefined;
      if (init.state.kind !== "running" || stat?.startTime !== init.state.startTime || stat.state === "Z") {
        clearInterval(timer);
        this.#minded.delete(init);
        return;
      }
      const alone = container.cgroups === undefined || pidsIn(container.cgroups).length === 0;
      seen = stat.exiting && alone ? seen + 1 : 0;
      if (seen < stuckAfter || stat.exitStatus === undefined) return;
      this.#parts.logger.warn(
        "a container's init waits for processes that nobody reaps: is the machine's init at fault?",
        { id: container.id },
      );
      container.stuck = true;
      this.#parts.exits.notice(container, init, {
        pid: init.pid,
        status: exitCode(stat.exitStatus),
        at: this.#parts.clock.now(),
      });
    }, mindMs);
    this.#minded.set(init, timer);
  }

  /** @param reaped whether somebody has taken the zombie away */
  #look(container: Container, process: Process, reaped: boolean): void {
    if (process.state.kind !== "running") return;
    const { pid, startTime } = process.state;
    const recorded = recordOf(process);
    const status = recorded === undefined ? this.#status(process, pid, startTime) : undefined;
    if (recorded !== undefined) this.#parts.exits.notice(container, process, { pid, ...recorded });
    else if (status !== undefined || reaped) this.#noticed(container, process, pid, status);
    else return;
    if (!process.isInit && !reaped) this.#mindInit(container);
  }

  #noticed(container: Container, process: Process, pid: number, status: WaitStatus | undefined): void {
    if (status === undefined) {
      const { id } = container;
      this.#parts.logger.warn("nobody alive saw how a process ended", { id, process: process.name, pid });
    }
    const code = status === undefined ? unknownStatus : exitCode(status);
    this.#parts.exits.notice(container, process, { pid, status: code, at: this.#parts.clock.now() });
  }

  #status(process: Process, pid: number, startTime: bigint): WaitStatus | undefined {
    const stat = this.#parts.sys.readProc(pid);
    if (stat?.startTime === startTime && stat.state === "Z") return stat.exitStatus;
    return process.pidfd === undefined ? undefined : this.#parts.sys.pidfdExitStatus(process.pidfd);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#minded.values()) clearInterval(timer);
    this.#poller[Symbol.dispose]();
  }
}

/** What the shim had written before it died. */
function recordOf(process: Process): ExitRecord | undefined {
  try {
    return readExitRecord(process.directory);
  } catch {
    return undefined;
  }
}
