import { abortFailure } from "./deadline.ts";

/** At most `limit` at once; the others wait in the order in which they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #queue = new Set<() => void>();
  #inUse = 0;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`a semaphore needs a limit of at least 1, not ${limit}`);
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** @throws CANCELLED or DEADLINE_EXCEEDED when the signal aborts while it waits */
  acquire(signal?: AbortSignal): Promise<Disposable> {
    if (signal?.aborted === true) return Promise.reject(abortFailure(signal));
    if (this.#inUse < this.#limit) return Promise.resolve(this.#permit());
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
    const onAbort = (): void => {
      this.#queue.delete(enter);
      reject(abortFailure(signal));
    };
    const enter = (): void => {
      signal?.removeEventListener("abort", onAbort);
      resolve(this.#permit());
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#queue.add(enter);
    return promise;
  }

  #permit(): Disposable {
    this.#inUse += 1;
    let released = false;
    return {
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        this.#inUse -= 1;
        const [next] = this.#queue;
        if (next === undefined) return;
        this.#queue.delete(next);
        next();
      },
    };
  }
}
