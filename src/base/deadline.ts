import { Failure } from "./errors.ts";

/** Why a signal aborted, as the failure that a caller is told. */
export function abortFailure(signal: AbortSignal | undefined): Failure {
  const reason: unknown = signal?.reason;
  if (reason instanceof Failure) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError")
    return new Failure("DEADLINE_EXCEEDED", "the deadline passed", { cause: reason });
  return new Failure("CANCELLED", "the call was cancelled", { cause: reason });
}

export interface Limited extends Disposable {
  readonly signal: AbortSignal;
}

/** The longest time of Node's timers time, 24 days: it takes what is longer for no time at all. */
const longestMs = 2 ** 31 - 1;

/**
 * A signal that aborts with `signal`, or after a time.
 *
 * @param ms milliseconds; 0 or less means no time of its own, as does more than a timer can hold (24 days)
 * @param reason what the time's end is called; DEADLINE_EXCEEDED where it is not given
 */
export function withTimeout(signal: AbortSignal | undefined, ms: number, reason?: () => Failure): Limited {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) follow();
  else signal?.addEventListener("abort", follow, { once: true });
  const expire = (): void =>
    controller.abort(reason?.() ?? new Failure("DEADLINE_EXCEEDED", `it took longer than ${ms} ms`));
  const timer = ms > 0 && ms <= longestMs ? setTimeout(expire, ms) : undefined;
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", follow);
    },
  };
}

/**
 * A signal that aborts with the first of several. Unlike AbortSignal.any it can be let go: one of them may be the daemon's own, which
 * would remember every task there ever was.
 */
export function firstOf(...signals: readonly AbortSignal[]): Limited {
  const controller = new AbortController();
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted !== undefined) controller.abort(aborted.reason);
  const follow = (event: Event): void => {
    if (event.target instanceof AbortSignal) controller.abort(event.target.reason);
  };
  for (const signal of signals) signal.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) signal.removeEventListener("abort", follow);
    },
  };
}

/** The promise, or the signal's failure, whichever is first. What the promise does afterwards is nobody's concern. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortFailure(signal));
    if (signal.aborted) {
      promise.catch(() => {});
      return onAbort();
    }
    signal.addEventListener("abort", onAbort, { once: true });
    const unlisten = (): void => signal.removeEventListener("abort", onAbort);
    promise.finally(unlisten).then(resolve, reject);
  });
}

/**
 * Waits for a promise, but no longer than `ms`.
 *
 * @returns whether it was fulfilled by then
 */
export function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    const settle = (fulfilled: boolean): void => {
      clearTimeout(timer);
      resolve(fulfilled);
    };
    promise.then(
      () => settle(true),
      () => settle(false),
    );
  });
}
