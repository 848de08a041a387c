import { setTimeout as pause } from "node:timers/promises";
import { errnoOf } from "../../base/errors.ts";
import type { Children } from "../../sys/children.ts";
import type { Fd, Poller, Sys, WaitStatus } from "../../sys/sys.ts";

/** crun leaves a helper behind that is init's parent for a moment longer; ms. */
const lookEvery = 50;
const looks = 20;

type Needs = Pick<Sys, "pidfdOpen" | "pidfdExitStatus" | "readProc" | "close">;

/** How processes end: children are waited for, others watched through a pidfd. */
export class Endings {
  readonly #sys: Needs;
  readonly #children: Children;
  readonly #poller: Poller;

  constructor(sys: Needs, children: Children, poller: Poller) {
    this.#sys = sys;
    this.#children = children;
    this.#poller = poller;
  }

  /**
   * Of a process that a runtime has just started: a child by now, since this process is a subreaper, or soon.
   *
   * @returns its status; undefined where nobody can tell
   */
  async ofLaunched(pid: number): Promise<WaitStatus | undefined> {
    const withdrawn = new AbortController();
    // At once: what has ended already is kept no longer than until control goes back to the loop.
    const claimed = this.#children.claim(pid, withdrawn.signal);
    const stat = this.#sys.readProc(pid);
    if (stat === undefined || stat.ppid === process.pid) return await claimed;
    claimed.catch(() => {});
    for (let look = 0; look < looks; look += 1) {
      await pause(lookEvery);
      const now = this.#sys.readProc(pid);
      if (now === undefined || now.ppid === process.pid) return await claimed;
    }
    // Somebody else's child: a VM's process, a remote one's.
    withdrawn.abort();
    return await this.ofStranger(pid, stat.startTime);
  }

  /**
   * Of a process that is no child.
   *
   * @returns its status; undefined where it was gone before, or nobody can tell
   */
  async ofStranger(pid: number, startTime: bigint): Promise<WaitStatus | undefined> {
    const pidfd = this.#open(pid, startTime);
    if (pidfd === undefined) return undefined;
    try {
      return await this.#watch(pid, pidfd);
    } finally {
      this.#sys.close(pidfd);
    }
  }

  #open(pid: number, startTime: bigint): Fd | undefined {
    try {
      const pidfd = this.#sys.pidfdOpen(pid);
      // Looked at after the open: now the pid cannot become another's unnoticed.
      if (this.#sys.readProc(pid)?.startTime === startTime) return pidfd;
      this.#sys.close(pidfd);
      return undefined;
    } catch (error) {
      if (errnoOf(error) === "ESRCH") return undefined;
      throw error;
    }
  }

  #watch(pid: number, pidfd: Fd): Promise<WaitStatus | undefined> {
    return new Promise((resolve) => {
      const watch = this.#poller.add(pidfd, { in: true }, () => {
        watch[Symbol.dispose]();
        const stat = this.#sys.readProc(pid);
        resolve(stat?.exitStatus ?? this.#afterwards(pidfd));
      });
    });
  }

  #afterwards(pidfd: Fd): WaitStatus | undefined {
    try {
      return this.#sys.pidfdExitStatus(pidfd);
    } catch {
      return undefined;
    }
  }
}
