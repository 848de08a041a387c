/** Time in nanoseconds since 1970. */
export interface Clock {
  now(): bigint;
}

const usPerMs = 1000;

/**
 * The machine's clock, to the microsecond: Date says which millisecond it is, the monotonic clock how far it has got. Their distance is
 * taken anew whenever they disagree: the machine's clock may be set, and the monotonic one stands still while the machine sleeps.
 *
 * @param wall ms since 1970, whole
 * @param monotonic ms since whenever, with a fraction
 */
export function clockOf(wall: () => number, monotonic: () => number): Clock {
  let distance = 0;
  return {
    now() {
      const ms = wall();
      let fraction = distance + monotonic() - ms;
      if (fraction < 0) fraction = 0;
      if (fraction >= 1) fraction = (usPerMs - 1) / usPerMs;
      distance = ms + fraction - monotonic();
      return (BigInt(ms) * 1000n + BigInt(Math.floor(fraction * usPerMs))) * 1000n;
    },
  };
}

export const systemClock: Clock = clockOf(
  () => Date.now(),
  () => performance.now(),
);
