/** Time in nanoseconds since 1970. */
export interface Clock {
  now(): bigint;
}

/** The machine's clock: milliseconds from Date, what lies between them from the monotonic clock. */
export const systemClock: Clock = {
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
};
