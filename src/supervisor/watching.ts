import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
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

/**
 * Watches processes whose shim is dead, so that nobody tells their end. Whoever reaps them (this daemon as a subreaper, init, or nobody yet),
 * how they ended can be read: while a process is a zombie, in /proc; afterwards, from the pidfd (Linux 6.15).
 */
export class Watching implements Disposable {
  readonly #parts: Parts;
  readonly #poller: Poller;

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
    process.watch = this.#poller.add(process.pidfd, { in: true, edge: true }, ({ hup }) =>
      this.#look(container, process, hup),
    );
  }

  /** @param reaped whether somebody has taken the zombie away */
  #look(container: Container, process: Process, reaped: boolean): void {
    if (process.state.kind !== "running") return;
    const { pid, startTime } = process.state;
    const status = this.#status(process, pid, startTime);
    if (status === undefined && !reaped) return;
    if (status === undefined)
      this.#parts.logger.warn("nobody alive saw how a process ended", {
        id: container.id,
        process: process.name,
        pid,
      });
    const code = status === undefined ? unknownStatus : exitCode(status);
    this.#parts.exits.notice(container, process, { pid, status: code, at: this.#parts.clock.now() });
  }

  #status(process: Process, pid: number, startTime: bigint): WaitStatus | undefined {
    const stat = this.#parts.sys.readProc(pid);
    if (stat?.startTime === startTime && stat.state === "Z") return stat.exitStatus;
    return process.pidfd === undefined ? undefined : this.#parts.sys.pidfdExitStatus(process.pidfd);
  }

  [Symbol.dispose](): void {
    this.#poller[Symbol.dispose]();
  }
}
