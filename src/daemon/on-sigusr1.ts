let told = (): void => undefined;

// At import, which is why main.ts has this first: as long as nobody listens, SIGUSR1 makes Node listen for a debugger.
process.on("SIGUSR1", () => told());

/** Calls `listener` for each SIGUSR1 from now on; those before are of no use to anybody. */
export function onSigusr1(listener: () => void): void {
  told = listener;
}
