import type { Semaphore } from "../base/semaphore.ts";

/**
 * A permit that is given back when its holder is done, or has had it for too long: the limit is there to keep the machine's cores from
 * being shared by too many, and what takes that long waits for something else and must not keep others waiting.
 *
 * @param ms after which somebody else may begin
 */
export async function acquirePatiently(
  semaphore: Semaphore,
  ms: number,
  signal?: AbortSignal,
): Promise<Disposable> {
  const permit = await semaphore.acquire(signal);
  const timer = setTimeout(() => permit[Symbol.dispose](), ms);
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      permit[Symbol.dispose]();
    },
  };
}
