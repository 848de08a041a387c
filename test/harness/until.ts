import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `check` gives a value that is neither undefined nor false, looking every 20 ms.
 *
 * @param what the awaited fact, as the sentence's end: "the container is gone"
 * @param seconds how long at most; a bound for a broken daemon, never an expectation of its speed
 */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await pause(20);
  }
}
