import { constants } from "node:os";
import type { Children } from "../../sys/children.ts";
import type { SpawnRequest, Sys, WaitStatus } from "../../sys/sys.ts";
import { descendants, ownCgroups } from "./family.ts";

/** What a runtime that was killed had around it. */
export interface Remains {
  readonly cgroups: ReadonlySet<string>;
}

const { SIGKILL, SIGSTOP } = constants.signals;

/** The runtime at work on a launch: a session of its own, so that it and its helpers can be ended together. */
export class RuntimeProcess {
  readonly ended: Promise<WaitStatus>;
  readonly #pid: number;
  readonly #sys: Pick<Sys, "kill">;
  #isOver = false;

  constructor(sys: Pick<Sys, "kill">, children: Children, request: SpawnRequest) {
    this.#sys = sys;
    this.#pid = children.spawn({ ...request, newSession: true });
    this.ended = children.claim(this.#pid).then((status) => {
      this.#isOver = true;
      return status;
    });
  }

  /** Ends it and everything that it has started: init may have left its session already. Stopped first, so that nothing new begins. */
  kill(): Remains {
    const cgroups = new Set<string>();
    if (this.#isOver) return { cgroups };
    this.#send(-this.#pid, SIGSTOP);
    for (const pid of descendants(this.#pid)) {
      for (const cgroup of ownCgroups(pid)) cgroups.add(cgroup);
      this.#send(pid, SIGKILL);
    }
    this.#send(-this.#pid, SIGKILL);
    return { cgroups };
  }

  #send(pid: number, signal: number): void {
    try {
      this.#sys.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}
