import type { Task } from "./task.ts";

/** A task under way, as SIGUSR1's dump shows it. */
export interface Underway {
  readonly kind: Task["kind"];
  readonly id: string;
  /** Of a process, where the task is about one. */
  readonly process?: string;
  readonly seconds: number;
}

/** What the supervisor is busy with. */
export class Activity {
  readonly #tasks = new Map<Task, number>();
  #onRest: (() => void)[] = [];

  /** Disposing says that it is done. */
  begin(task: Task): Disposable {
    this.#tasks.set(task, performance.now());
    return {
      [Symbol.dispose]: () => {
        this.#tasks.delete(task);
        if (this.#tasks.size > 0) return;
        for (const resolve of this.#onRest) resolve();
        this.#onRest = [];
      },
    };
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** Resolves when there is none. */
  finish(): Promise<void> {
    if (this.#tasks.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onRest.push(resolve));
  }

  /** The oldest first; at most so many. */
  list(most: number): Underway[] {
    const now = performance.now();
    const found: Underway[] = [];
    for (const [task, since] of this.#tasks) {
      if (found.length === most) break;
      found.push({
        ...{ kind: task.kind, id: task.id ?? "" },
        ...("process" in task ? { process: task.process } : {}),
        seconds: Math.round((now - since) / 10) / 100,
      });
    }
    return found;
  }
}
