import { errnoOf } from "../../base/errors.ts";
import type { Children } from "../../sys/children.ts";
import type { Fd, Poller, Sys, WaitStatus } from "../../sys/sys.ts";

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

  /** Of a process that a runtime has just left to this one, as any subreaper's descendant. */
  ofLaunched(pid: number): Promise<WaitStatus | undefined> {
    const stat = this.#sys.readProc(pid);
    // Gone: then it was a child that has been reaped, and its status is kept.
    if (stat === undefined || stat.ppid === process.pid) return this.#children.claim(pid);
    // Some runtimes name the pid of a process that is somebody else's child: a VM's, a remote one's.
    return this.ofStranger(pid, stat.startTime);
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
