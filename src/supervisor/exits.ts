import { setTimeout as pause } from "node:timers/promises";
import { within } from "../base/deadline.ts";
import { messageOf } from "../base/errors.ts";
import { failpoint } from "../base/failpoint.ts";
import { timed } from "../base/metrics.ts";
import { Semaphore } from "../base/semaphore.ts";
import type { Container } from "../runtime/container.ts";
import type { Process, ProcessExit } from "../runtime/process.ts";
import { readExitRecord, writeExitRecord } from "../state/exit-record.ts";
import type { Context } from "./context.ts";
import { forgetByHand } from "./forget-by-hand.ts";
import { acquirePatiently } from "./patience.ts";
import { runtimeOf } from "./runtime-of.ts";

/** How long init's exit waits for those of its execs, which the kernel has killed with it. */
const lastExecsMs = 10_000;
/** How long the runtime may take to forget a container. */
const deleteMs = 60_000;
/** Measured on two cores: with fewer a core idles, with more each takes longer. */
const deletesAtOnce = 4;
/** A delete that takes longer waits for something else than a core, and lets another begin. */
const patienceMs = 2000;
const unknownStatus = 255;
const sigkill = 9;

/**
 * What happens when a process has ended. An exec: its exit is told. Init: its execs' exits are told, the runtime forgets the container, the
 * exit is written to the event log, the container's directory goes, and only then is the exit told, so that its hearer may use the id again.
 */
export class Exits {
  readonly #context: () => Context;
  readonly #deletes = new Semaphore(deletesAtOnce);
  readonly #under = new Set<Promise<void>>();

  constructor(context: () => Context) {
    this.#context = context;
  }

  /** How many ends are being told. */
  get underWay(): number {
    return this.#under.size;
  }

  /** A process has ended: whoever saw it first says so, and whoever says it again is not heard. */
  notice(container: Container, process: Process, exit: ProcessExit): void {
    if (!process.end(exit)) return;
    const { containers, metrics } = this.#context();
    metrics.count("exits");
    containers.removePid(exit.pid);
    this.record(process, exit);
    failpoint("exit.noticed");
    if (process.isInit) container.end();
    this.tell(container, process);
  }

  /** The shim has written the record before it told; a daemon that saw the end itself has to. */
  record(process: Process, exit: ProcessExit): void {
    try {
      if (readExitRecord(process.directory) === undefined) writeExitRecord(process.directory, exit);
    } catch (error) {
      this.#context().logger.warn("could not write an exit record", {
        process: process.directory.path,
        error: messageOf(error),
      });
    }
  }

  /** Goes on with a process whose start has been told meanwhile; a start is always told before its exit. */
  tell(container: Container, process: Process): void {
    if (process.state.kind !== "ended" || !process.startTold) return;
    if (!process.isInit) {
      // after init's end, init's own telling sees to it that this one comes first
      this.#tellExec(container, process);
      return;
    }
    const { metrics } = this.#context();
    const telling = timed(metrics, "exit-process-time", () => this.#tellInit(container, process))
      .catch((error: unknown) =>
        this.#context().logger.error("telling an exit failed", { id: container.id, error: messageOf(error) }),
      )
      .finally(() => this.#under.delete(telling));
    this.#under.add(telling);
  }

  #tellExec(container: Container, process: Process): void {
    if (process.state.kind !== "ended" || container.processes.get(process.name) !== process) return;
    const { events, oom, shims, removal } = this.#context();
    const { pid, status } = process.state;
    const { id, instance } = container.record;
    oom.check(container);
    container.processes.delete(process.name);
    events.append({ type: "exit", id, pid: process.name, status, instance }, () => {
      failpoint("exec.exit-logged");
      removal.remove(process.directory.path);
      shims.acknowledge(container, process.name, pid);
    });
    process[Symbol.dispose]();
  }

  async #tellInit(container: Container, init: Process): Promise<void> {
    const context = this.#context();
    using _turn = await context.turns.exclusive(container.id);
    if (init.state.kind !== "ended") return;
    await this.#endOthers(container);
    context.oom.check(container);
    await timed(context.metrics, "container-delete-time", () => this.#delete(container));
    failpoint("exit.deleted");
    await this.#endExecs(container);
    this.#finish(container, init, init.state);
  }

  /** Without a PID namespace of its own, what else runs in the container outlives its init: runc's `kill --all` ends it. */
  async #endOthers(container: Container): Promise<void> {
    if (container.record.ownPidNamespace) return;
    const { logger } = this.#context();
    try {
      await runtimeOf(this.#context(), container).killAll(
        container.id,
        sigkill,
        AbortSignal.timeout(deleteMs),
      );
    } catch (error) {
      // there may be nobody left to kill, which runtimes call an error
      logger.debug("kill --all failed", { id: container.id, error: messageOf(error) });
    }
  }

  /** Bounded, tried twice, and never a reason to keep an exit from those who wait for it. */
  async #delete(container: Container): Promise<void> {
    const { logger } = this.#context();
    if (container.stuck) return await forgetByHand(container);
    using _slot = await acquirePatiently(this.#deletes, patienceMs);
    const runtime = runtimeOf(this.#context(), container);
    for (const last of [false, true]) {
      try {
        await runtime.delete(container.id, { force: true }, AbortSignal.timeout(deleteMs));
        return;
      } catch (error) {
        const known = await runtime.knows(container.id, AbortSignal.timeout(deleteMs)).catch(() => true);
        if (!known) return;
        logger.error("the runtime could not delete a container", {
          id: container.id,
          error: messageOf(error),
          again: !last,
        });
        if (!last) await pause(500);
      }
    }
  }

  /** Tells the ends of all execs before init's: the kernel has killed them, and word of it is on its way. */
  async #endExecs(container: Container): Promise<void> {
    const execs = [...container.processes.values()].filter((process) => !process.isInit);
    if (execs.length > 0) await within(Promise.all(execs.map((exec) => exec.ended)), lastExecsMs);
    for (const exec of execs) {
      if (exec.state.kind === "running") {
        this.#context().logger.warn("nobody saw how a process ended", {
          id: container.id,
          process: exec.name,
        });
        this.notice(container, exec, {
          pid: exec.pid,
          status: unknownStatus,
          at: this.#context().clock.now(),
        });
      }
      this.#tellExec(container, exec);
    }
  }

  #finish(container: Container, init: Process, end: { readonly pid: number; readonly status: number }): void {
    const { containers, events, shims, oom, removal } = this.#context();
    const { id, instance } = container.record;
    oom.check(container);
    events.append({ type: "exit", id, pid: init.name, status: end.status, instance }, () => {
      failpoint("exit.logged");
      removal.remove(container.directory.path);
      containers.remove(container);
      failpoint("exit.removed");
      shims.acknowledge(container, init.name, end.pid);
      shims.release(container);
    });
    container.oomWatch?.[Symbol.dispose]();
    init[Symbol.dispose]();
  }

  /** Until every end that is known now has been told, while others come. */
  async settled(): Promise<void> {
    await Promise.all(this.#under);
  }

  /** Until every end that is known has been told. */
  async finish(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
  }
}
