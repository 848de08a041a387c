/** A thing that runs containers, measured beside others in the same run. */
export interface Subject extends AsyncDisposable {
  /** As the report's column says it: "containerd-ts, crun". */
  readonly name: string;
  /** Which bare loop it is held against. */
  readonly runtime: "runc" | "crun";
  /** Starts `ids` with `sleep`, `concurrency` at a time. @returns when each of them runs */
  start(ids: readonly string[], concurrency: number): Promise<void>;
  /** Ends and removes them. */
  remove(ids: readonly string[]): Promise<void>;
  /** `true`, from the request to the exit being known, `concurrency` at a time. */
  lifecycle(ids: readonly string[], concurrency: number): Promise<void>;
  /** `true` in one running container, `count` times. */
  exec(id: string, count: number, concurrency: number): Promise<void>;
  /** Starts each, and kills one after the other. @returns the milliseconds of each until its end is known everywhere */
  exits?(ids: readonly string[]): Promise<readonly number[]>;
  /** Pids of what stays in memory for the containers' sake: daemon, shims, monitors; not the containers. */
  pids(): readonly number[];
}

/** Runs `work` on each item, at most `concurrency` at once. */
export async function inParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
