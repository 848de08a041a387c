/** How many random cases a property gets: a few in the everyday run, FUZZ_RUNS of them where somebody has the time. */
export function runs(everyday: number): { readonly numRuns: number; readonly seed?: number } {
  const { FUZZ_RUNS, FUZZ_SEED } = process.env;
  return {
    numRuns: FUZZ_RUNS === undefined ? everyday : Number(FUZZ_RUNS),
    // a failure tells its seed: with it the same cases come again
    ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
  };
}
