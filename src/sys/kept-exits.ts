import type { Ended } from "./sys.ts";
import type { WaitStatus } from "./wait-status.ts";

/** Exits that nobody has claimed yet, oldest first. At most so many: what somebody claims comes within a launch. */
const MOST = 4096;

interface Kept {
  readonly status: WaitStatus;
  /** When it came, on the clock that counts expectations and exits. */
  readonly at: number;
}

/**
 * Keeps an exit for as long as an expectation is open that was open when it came: only such a one can be about it, and
 * with launches that always overlap each other, "while any is open" would be for ever, through the reuse of its pid.
 */
export class KeptExits {
  readonly #kept = new Map<number, Kept>();
  readonly #open = new Set<number>();
  readonly #onOrphan: (ended: Ended) => void;
  #clock = 0;

  constructor(onOrphan: (ended: Ended) => void) {
    this.#onOrphan = onOrphan;
  }

  get size(): number {
    return this.#kept.size;
  }

  expecting(): Disposable {
    const since = ++this.#clock;
    this.#open.add(since);
    return {
      [Symbol.dispose]: () => {
        this.#open.delete(since);
        this.#forget();
      },
    };
  }

  keep({ pid, status }: Ended): void {
    this.forget(pid);
    this.#kept.set(pid, { status, at: ++this.#clock });
    this.#forget();
  }

  take(pid: number): WaitStatus | undefined {
    const kept = this.#kept.get(pid);
    this.#kept.delete(pid);
    return kept?.status;
  }

  /** The pid belongs to a new process. */
  forget(pid: number): void {
    const status = this.take(pid);
    if (status !== undefined) this.#onOrphan({ pid, status });
  }

  /** Both maps are in the order of the clock, so that only what goes is looked at. */
  #forget(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#open;
    for (const [pid, { status, at }] of this.#kept) {
      if (at > oldest && this.#kept.size <= MOST) return;
      this.#kept.delete(pid);
      this.#onOrphan({ pid, status });
    }
  }
}
