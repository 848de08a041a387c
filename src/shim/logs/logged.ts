import { type Clock, systemClock } from "../../base/clock.ts";
import { errnoOf, messageOf } from "../../base/errors.ts";
import { cutLines, type LogStream, logTime } from "../../base/log-record.ts";
import type { Logger } from "../../base/logger.ts";
import type { ProcessDir } from "../../state/layout.ts";
import type { LogTarget } from "../../state/process-record.ts";
import type { Fd, Sys } from "../../sys/sys.ts";
import type { Held } from "../protocol.ts";
import type { Polls } from "../stdio/polls.ts";
import type { ProcessStdio } from "../stdio/process-stdio.ts";
import { LogFile } from "./log-file.ts";
import { LogInput } from "./log-input.ts";

export interface LogNeeds {
  readonly sys: Sys;
  readonly polls: Polls;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** How long a stream that somebody keeps open is read on after the process has ended, in ms; one that says something gets as long again. */
const patience = 10_000;
const lookEvery = 500;
/** How often the log says that a file cannot be written, in ms. */
const complainEvery = 60_000;

/** A process's stdio of which a file gets the output. */
export class Logged implements ProcessStdio {
  readonly #inner: ProcessStdio;
  readonly #needs: LogNeeds;
  readonly #file: LogFile | undefined;
  readonly #inputs: LogInput[] = [];
  #complained = Number.NEGATIVE_INFINITY;

  /**
   * @param inner everything but the output
   * @param readers ends of FIFOs, owned from here on
   * @param file undefined where it could not be opened: what is said is lost then, but whoever says it goes on
   */
  constructor(
    needs: LogNeeds,
    inner: ProcessStdio,
    file: LogFile | undefined,
    readers: ReadonlyMap<LogStream, Fd>,
  ) {
    this.#needs = needs;
    this.#inner = inner;
    this.#file = file;
    for (const [stream, fd] of readers)
      this.#inputs.push(new LogInput(needs, stream, fd, (from, text) => this.#write(from, text)));
  }

  get held(): Held {
    return this.#inner.held;
  }

  closeStdin(): void {
    this.#inner.closeStdin();
  }

  resize(columns: number, rows: number): void {
    this.#inner.resize(columns, rows);
  }

  settle(): void {
    this.#inner.settle();
    for (const input of this.#inputs) input.takeAll();
  }

  async finish(): Promise<void> {
    await this.#inner.finish();
    for (const input of this.#inputs) input.takeAll();
    const patient = this.#bePatient();
    await Promise.all(this.#inputs.map((input) => input.ended));
    clearInterval(patient);
    this.#file?.close();
  }

  drop(): void {
    this.#inner.drop();
    for (const input of this.#inputs) input.close();
    this.#file?.close();
  }

  /** A child in another pid namespace's care may keep a stream open for ever. */
  #bePatient(): NodeJS.Timeout {
    const sum = (): number => this.#inputs.reduce((all, { moved }) => all + moved, 0);
    let moved = sum();
    let since = performance.now();
    return setInterval(() => {
      if (sum() !== moved) {
        moved = sum();
        since = performance.now();
      }
      if (performance.now() - since > patience) for (const input of this.#inputs) input.close();
    }, lookEvery);
  }

  #write(stream: LogStream, text: string): void {
    const time = logTime((this.#needs.clock ?? systemClock).now());
    try {
      const start = `{"time":"${time}","stream":"${stream}","log":`;
      this.#file?.append(cutLines(text).map((log) => `${start}${JSON.stringify(log)}}\n`));
    } catch (error) {
      // A full disk must not stop the container.
      const now = performance.now();
      if (now - this.#complained < complainEvery) return;
      this.#complained = now;
      this.#needs.log.warn("a container's log cannot be written; what it says now is lost", {
        error: messageOf(error),
      });
    }
  }
}

/** A FIFO's reading end; writers do not wait for it to be opened. */
export function openLogReader(sys: Pick<Sys, "openFifoReader" | "setNonBlocking">, path: string): Fd {
  const fd = sys.openFifoReader(path);
  sys.setNonBlocking(fd);
  return fd;
}

/** Goes on with the log of a process whose shim died. */
export function adoptLog(
  needs: LogNeeds,
  inner: ProcessStdio,
  directory: ProcessDir,
  target: LogTarget,
): ProcessStdio {
  const readers = new Map<LogStream, Fd>();
  for (const stream of ["stdout", "stderr"] as const) {
    try {
      readers.set(stream, openLogReader(needs.sys, directory.logFifo(stream)));
    } catch (error) {
      // A terminal has but one, and the directory goes when the container has ended.
      if (errnoOf(error) !== "ENOENT")
        needs.log.warn("a log is not gone on with", { path: target.path, error: messageOf(error) });
    }
  }
  return new Logged(needs, inner, openFile(needs, target), readers);
}

function openFile({ log }: LogNeeds, target: LogTarget): LogFile | undefined {
  try {
    return new LogFile(target);
  } catch (error) {
    log.warn("a container's log cannot be opened; what it says is lost", {
      path: target.path,
      error: messageOf(error),
    });
    return undefined;
  }
}
