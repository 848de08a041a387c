import type { Ended, ProcStat, SpawnRequest } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import type { WaitStatus } from "../wait-status.ts";

const ESRCH = 3;

/** A process of the fake: it runs until a test says how it ended. */
export interface FakeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly startTime: bigint;
  readonly request: SpawnRequest | undefined;
  /** What was sent to it and did not end it. */
  readonly signals: number[];
  ended: WaitStatus | undefined;
  reaped: boolean;
}

/** What a process does with a signal; by default it dies of it. */
export type OnSignal = (process: FakeProcess, signal: number) => void;

const IGNORED_BY_DEFAULT: ReadonlySet<number> = new Set([0, 17, 18, 23, 28]);

export class FakeProcesses {
  readonly self: number;
  readonly all = new Map<number, FakeProcess>();
  onSignal: OnSignal = (process, signal) => {
    if (IGNORED_BY_DEFAULT.has(signal)) process.signals.push(signal);
    else this.exit(process.pid, { kind: "signaled", signal });
  };
  readonly #changed = new Set<(process: FakeProcess) => void>();
  #nextPid = 1000;
  #ticks = 100n;

  constructor(self: number) {
    this.self = self;
  }

  start(request?: SpawnRequest, ppid: number = this.self, pid: number = this.#nextPid++): FakeProcess {
    const process: FakeProcess = {
      pid,
      ppid,
      startTime: this.#ticks++,
      request,
      signals: [],
      ended: undefined,
      reaped: false,
    };
    this.all.set(process.pid, process);
    return process;
  }

  /** It becomes a zombie. */
  exit(pid: number, status: WaitStatus): void {
    const process = this.#living(pid, "exit");
    process.ended = status;
    this.#tell(process);
  }

  /** Somebody else waited for it: its pid is free. */
  reap(pid: number): WaitStatus | undefined {
    const process = this.all.get(pid);
    if (process?.ended === undefined) return undefined;
    process.reaped = true;
    this.all.delete(pid);
    this.#tell(process);
    return process.ended;
  }

  waitNext(before?: (ended: Ended) => void): Ended | undefined {
    for (const { pid, ppid, ended } of this.all.values()) {
      if (ppid !== this.self || ended === undefined) continue;
      before?.({ pid, status: ended });
      this.reap(pid);
      return { pid, status: ended };
    }
    return undefined;
  }

  /** A negative pid is a group: here the session that was started with it. */
  kill(pid: number, signal: number): void {
    const process = this.all.get(Math.abs(pid));
    if (process === undefined) throw new SysError("kill", ESRCH, String(pid));
    if (process.ended === undefined) this.onSignal(process, signal);
  }

  read(pid: number): ProcStat | undefined {
    const process = this.all.get(pid);
    if (process === undefined) return undefined;
    const { ppid, startTime, ended } = process;
    const common = {
      pid,
      comm: process.request?.args[0] ?? "fake",
      ppid,
      startTime,
      exiting: ended !== undefined,
    };
    return ended === undefined ? { ...common, state: "S" } : { ...common, state: "Z", exitStatus: ended };
  }

  /** Told of every exit and every reaping. */
  onChange(callback: (process: FakeProcess) => void): Disposable {
    this.#changed.add(callback);
    return { [Symbol.dispose]: () => this.#changed.delete(callback) };
  }

  #living(pid: number, syscall: string): FakeProcess {
    const process = this.all.get(pid);
    if (process === undefined || process.ended !== undefined) throw new SysError(syscall, ESRCH, String(pid));
    return process;
  }

  #tell(process: FakeProcess): void {
    for (const callback of [...this.#changed]) callback(process);
  }
}
