import type { ProcessDir } from "../state/layout.ts";
import type { ProcessRecord } from "../state/process-record.ts";
import type { Fd } from "../sys/sys.ts";

/** How a process ended. */
export interface ProcessExit {
  readonly pid: number;
  /** 0–255: the code, or 128 + the signal; 255 where nobody alive could see it. */
  readonly status: number;
  /** When, in ns since 1970. */
  readonly at: bigint;
}

/** How far a process is in its life. */
export type ProcessState =
  /** `exit`: its shim told of an end before it told of the start, as happens to short ones. */
  | { readonly kind: "starting"; readonly exit?: ProcessExit }
  | { readonly kind: "running"; readonly pid: number; readonly startTime: bigint }
  /** Its end is known, and is about to be told. */
  | ({ readonly kind: "ended" } & ProcessExit);

/** The daemon's duplicates of descriptors without which the process would notice its shim's death. */
export interface HeldDescriptors {
  readonly terminal?: Fd;
  readonly stdin?: Fd;
  readonly stdinWriter?: Fd;
  readonly stdout?: Fd;
}

/** One process of a container: its init, or one that was executed in it. */
export class Process implements Disposable {
  /** "init", or the name that the client chose. */
  readonly name: string;
  readonly directory: ProcessDir;
  readonly record: ProcessRecord;
  /** Which process it is, whatever becomes of its pid; undefined where it had ended before one could be opened. */
  pidfd: Fd | undefined;
  held: HeldDescriptors = {};
  /** The daemon's watch for its end, where no shim tells it. */
  watch: Disposable | undefined;
  /** Whether its start is in the event log: its exit may not be told before. */
  startTold = false;
  readonly #close: (fd: Fd) => void;
  readonly #ended = Promise.withResolvers<void>();
  #state: ProcessState = { kind: "starting" };

  /** @param close close(2) */
  constructor(name: string, directory: ProcessDir, record: ProcessRecord, close: (fd: Fd) => void) {
    this.name = name;
    this.directory = directory;
    this.record = record;
    this.#close = close;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get isInit(): boolean {
    return this.name === "init";
  }

  /** 0 while it is starting. */
  get pid(): number {
    return this.#state.kind === "starting" ? 0 : this.#state.pid;
  }

  /** Resolves when its end is known. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Keeps an end that was told before the start. It may be that of an earlier process of this name. */
  endedEarly(exit: ProcessExit): void {
    if (this.#state.kind === "starting") this.#state = { kind: "starting", exit };
  }

  /**
   * starting → running; no effect on one that is known to have ended already.
   *
   * @returns its end, where that was told before its start
   */
  started(pid: number, startTime: bigint): ProcessExit | undefined {
    if (this.#state.kind !== "starting") return undefined;
    const { exit } = this.#state;
    this.#state = { kind: "running", pid, startTime };
    return exit?.pid === pid ? exit : undefined;
  }

  /** Anything → ended. @returns false where that was known already */
  end({ pid, status, at }: ProcessExit): boolean {
    if (this.#state.kind === "ended") return false;
    this.#state = { kind: "ended", pid, status, at };
    this.#ended.resolve();
    return true;
  }

  /** Closes the daemon's own end of its stdin. */
  dropStdinWriter(): void {
    const { stdinWriter, ...rest } = this.held;
    if (stdinWriter !== undefined) this.#close(stdinWriter);
    this.held = rest;
  }

  /** Puts other duplicates in the place of those there are. */
  hold(held: HeldDescriptors): void {
    this.#closeHeld();
    this.held = held;
  }

  #closeHeld(): void {
    for (const fd of Object.values(this.held)) if (typeof fd === "number") this.#close(fd);
    this.held = {};
  }

  [Symbol.dispose](): void {
    // before the descriptor that it is for
    this.watch?.[Symbol.dispose]();
    this.watch = undefined;
    this.#closeHeld();
    if (this.pidfd !== undefined) this.#close(this.pidfd);
    this.pidfd = undefined;
  }
}
