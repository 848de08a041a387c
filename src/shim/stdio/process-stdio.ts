import type { Held } from "../protocol.ts";

/** What the shim holds of a process's stdio while it runs. */
export interface ProcessStdio {
  /** The descriptors that the daemon keeps duplicates of. */
  readonly held: Held;
  /** Drops the write end that kept stdin open. Doing it twice is no error. */
  closeStdin(): void;
  /** Without effect where there is no terminal. */
  resize(columns: number, rows: number): void;
  /** The process has ended: passes on at once what can be passed on without waiting, before its end is told. */
  settle(): void;
  /** The process has ended: passes on what it wrote, as far as somebody takes it, and closes everything. */
  finish(): Promise<void>;
  /** Closes everything at once. */
  drop(): void;
}
