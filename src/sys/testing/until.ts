import { setTimeout as sleep } from "node:timers/promises";

/** The first answer that is neither undefined nor false; asks again every millisecond, for at most ten seconds. */
export async function until<T>(ask: () => T | undefined | false): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`never true: ${ask}`);
    await sleep(1);
  }
}
