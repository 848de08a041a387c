/** How a process ended, as wait(2) tells it. */
export type WaitStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number };

/**
 * The int that waitpid(2) stores: the low seven bits are the signal that ended the process (bit 7 says whether it
 * dumped core), or zero, and then the next byte is its exit code.
 */
export function decodeWaitStatus(raw: number): WaitStatus {
  const signal = raw & 0x7f;
  return signal === 0 ? { kind: "exited", code: (raw >> 8) & 0xff } : { kind: "signaled", signal };
}

/** 0.2.x's rule for its one number: the exit code, or 128 and the signal. */
export function exitCode(status: WaitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
