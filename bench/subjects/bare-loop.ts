import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Subject } from "./subject.ts";

export interface BareCall {
  readonly seq: number;
  readonly method: "start" | "remove" | "lifecycle" | "exec" | "exits";
  readonly ids: readonly string[];
  readonly count: number;
}

export interface BareAnswer {
  readonly seq: number;
  readonly seconds: number;
  readonly values: readonly number[];
  readonly error?: string;
}

/** The bare loop (bare.ts), in a process of its own. */
export class BareLoop implements Subject {
  readonly name: string;
  readonly runtime: "runc" | "crun";
  readonly #child: ChildProcess;
  #seq = 0;

  private constructor(runtime: "runc" | "crun", child: ChildProcess) {
    this.runtime = runtime;
    this.name = nameOfBare(runtime);
    this.#child = child;
  }

  static async open(runtime: "runc" | "crun"): Promise<BareLoop> {
    const child = fork(join(import.meta.dirname, "bare-process.ts"), [runtime]);
    await once(child, "message");
    return new BareLoop(runtime, child);
  }

  async #call(method: BareCall["method"], ids: readonly string[], count = 0): Promise<readonly number[]> {
    this.#seq += 1;
    const answered = once(this.#child, "message");
    this.#child.send({ seq: this.#seq, method, ids, count } satisfies BareCall);
    const [answer] = (await answered) as [BareAnswer];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.values;
  }

  async start(ids: readonly string[]): Promise<void> {
    await this.#call("start", ids);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#call("remove", ids);
  }

  async lifecycle(ids: readonly string[]): Promise<void> {
    await this.#call("lifecycle", ids);
  }

  async exec(id: string, count: number): Promise<void> {
    await this.#call("exec", [id], count);
  }

  exits(ids: readonly string[]): Promise<readonly number[]> {
    return this.#call("exits", ids);
  }

  pids(): readonly number[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}

export function nameOfBare(runtime: "runc" | "crun"): string {
  return `bare loop, ${runtime}`;
}
