import { constants } from "node:os";
import type { Children } from "../../sys/children.ts";
import type { SpawnRequest, Sys, WaitStatus } from "../../sys/sys.ts";
import { cgroupsOf } from "./cgroups.ts";
import { familyOf } from "./family.ts";

/** What a runtime that was killed had around it. */
export interface Remains {
  /** Paths within the hierarchies. */
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

  /**
   * Ends it and everything that it has started: init, a hook or a helper may have left its session already.
   *
   * @param mark what is on no other runtime's command line @param known processes that are not its own for sure
   */
  kill(mark: string, known: ReadonlySet<number>): Remains {
    const cgroups = new Set<string>();
    if (this.#isOver) return { cgroups };
    // Stopped first, so that nothing begins while it is looked around; what is not of its session may begin something until it is hit.
    this.#send(-this.#pid, SIGSTOP);
    const hit = new Set<number>();
    const next = (): number[] => familyOf(this.#pid, mark, known).filter((pid) => !hit.has(pid));
    for (let found = next(); found.length > 0; found = next()) {
      for (const pid of found) {
        for (const cgroup of cgroupsOf(pid)) cgroups.add(cgroup);
        this.#send(pid, SIGKILL);
        hit.add(pid);
      }
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
