import { abortFailure } from "./deadline.ts";

type Mode = "shared" | "exclusive";

interface Waiting {
  readonly mode: Mode;
  readonly grant: () => void;
}

/** Who is in and who waits, for one key. */
interface Line {
  shared: number;
  exclusive: boolean;
  readonly waiting: Set<Waiting>;
}

/**
 * The order of tasks on one container: those that may run side by side share a turn, one that must be alone gets one of its own.
 * First come, first served, so that a stream of shared turns keeps no exclusive one waiting for ever.
 */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** @throws CANCELLED or DEADLINE_EXCEEDED when the signal aborts before the turn has come */
  shared(key: string, signal?: AbortSignal): Promise<Disposable> {
    return this.#take(key, "shared", signal);
  }

  /** @throws CANCELLED or DEADLINE_EXCEEDED when the signal aborts before the turn has come */
  exclusive(key: string, signal?: AbortSignal): Promise<Disposable> {
    return this.#take(key, "exclusive", signal);
  }

  /** How many wait, over all keys. */
  get waiting(): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.waiting.size;
    return sum;
  }

  #take(key: string, mode: Mode, signal: AbortSignal | undefined): Promise<Disposable> {
    if (signal?.aborted === true) return Promise.reject(abortFailure(signal));
    const line = this.#line(key);
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
    const onAbort = (): void => {
      line.waiting.delete(waiting);
      reject(abortFailure(signal));
      this.#advance(key, line);
    };
    const waiting: Waiting = {
      mode,
      grant: () => {
        signal?.removeEventListener("abort", onAbort);
        if (mode === "shared") line.shared += 1;
        else line.exclusive = true;
        resolve(this.#turn(key, line, mode));
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    line.waiting.add(waiting);
    this.#advance(key, line);
    return promise;
  }

  #line(key: string): Line {
    const found = this.#lines.get(key);
    if (found !== undefined) return found;
    const line: Line = { shared: 0, exclusive: false, waiting: new Set() };
    this.#lines.set(key, line);
    return line;
  }

  #turn(key: string, line: Line, mode: Mode): Disposable {
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        if (mode === "shared") line.shared -= 1;
        else line.exclusive = false;
        this.#advance(key, line);
      },
    };
  }

  #advance(key: string, line: Line): void {
    for (const waiting of line.waiting) {
      const free = !line.exclusive && (waiting.mode === "shared" || line.shared === 0);
      if (!free) break;
      line.waiting.delete(waiting);
      waiting.grant();
    }
    // nothing is kept for a container that nobody is busy with
    if (line.shared === 0 && !line.exclusive && line.waiting.size === 0 && this.#lines.get(key) === line)
      this.#lines.delete(key);
  }
}
