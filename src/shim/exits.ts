import { errnoOf, messageOf } from "../base/errors.ts";
import { failpoint } from "../base/failpoint.ts";
import type { Logger } from "../base/logger.ts";
import { type ExitRecord, readExitRecord, writeExitRecord } from "../state/exit-record.ts";
import type { ProcessDir } from "../state/layout.ts";
import type { AckRequest, ExitPush, ListedProcess, ProcessKey } from "./protocol.ts";

export interface Exit extends ProcessKey, ExitRecord {
  readonly directory: ProcessDir;
  readonly pid: number;
}

/** A full or read-only disk is tried again after so many ms. */
const again = 1000;

/** Exits from their record on the disk to the daemon's word that they are in its log. */
export class Exits {
  readonly #tell: (push: ExitPush) => void;
  readonly #log: Logger;
  /** Those that are on the disk. */
  readonly #recorded = new Map<string, Exit>();
  readonly #unwritten = new Set<Exit>();
  #timer: NodeJS.Timeout | undefined;

  /** @param tell says it to the daemon, if there is one */
  constructor(tell: (push: ExitPush) => void, log: Logger) {
    this.#tell = tell;
    this.#log = log;
  }

  /** How many the daemon has not acknowledged. */
  get size(): number {
    return this.#recorded.size + this.#unwritten.size;
  }

  /** Writes the record ahead of its telling, where that can be done now. */
  record(directory: ProcessDir, record: ExitRecord): void {
    try {
      writeExitRecord(directory, record);
    } catch (error) {
      this.#log.debug("an exit cannot be recorded yet", {
        directory: directory.path,
        error: messageOf(error),
      });
    }
  }

  /** Writes the record, then tells it: whoever dies in between, the exit is known. */
  add(exit: Exit): void {
    failpoint("shim.exit-seen");
    if (!this.#write(exit)) {
      this.#unwritten.add(exit);
      this.#timer ??= setInterval(() => this.#retry(), again);
      return;
    }
    failpoint("shim.exit-recorded");
    this.#recorded.set(keyOf(exit), exit);
    this.#tell(pushOf(exit));
  }

  /** A new daemon is told everything again. */
  tellAll(): void {
    for (const exit of this.#recorded.values()) this.#tell(pushOf(exit));
  }

  /** What is not here any more was acknowledged twice, which is no error. */
  acknowledge(ack: AckRequest): void {
    this.#recorded.delete(keyOf(ack));
    for (const exit of this.#unwritten) if (keyOf(exit) === keyOf(ack)) this.#unwritten.delete(exit);
  }

  list(): ListedProcess[] {
    return [...this.#recorded.values(), ...this.#unwritten].map(
      ({ container, process, directory, pid, status, at }) => ({
        ...{ container, process, directory: directory.path },
        ...{ state: "ended", pid, status, at: String(at) },
      }),
    );
  }

  #write(exit: Exit): boolean {
    try {
      if (readExitRecord(exit.directory) === undefined) writeExitRecord(exit.directory, exit);
      return true;
    } catch (error) {
      const { container, process } = exit;
      const gone = errnoOf(error) === "ENOENT";
      const message = gone ? "an exit's directory is gone" : "an exit cannot be recorded yet";
      this.#log.warn(message, { container, process, error: messageOf(error) });
      return gone;
    }
  }

  #retry(): void {
    for (const exit of this.#unwritten) {
      if (!this.#write(exit)) break;
      this.#unwritten.delete(exit);
      this.#recorded.set(keyOf(exit), exit);
      this.#tell(pushOf(exit));
    }
    if (this.#unwritten.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** A name may be given again before its last owner's exit is acknowledged. */
function keyOf({ container, process, pid }: AckRequest): string {
  return `${container}/${process}/${pid}`;
}

function pushOf({ container, process, pid, status, at }: Exit): ExitPush {
  return { push: "exit", container, process, pid, status, at: String(at) };
}
