import type { HeldDescriptors } from "../../runtime/process.ts";
import type { ShimConnection } from "../../shim/client/index.ts";
import type { Held } from "../../shim/protocol.ts";
import type { Fd, Sys } from "../../sys/sys.ts";

type Needs = Pick<Sys, "pidfdOpen" | "pidfdGetFd" | "close">;

/** A shim that is connected. */
export class ShimLink implements Disposable {
  readonly connection: ShimConnection;
  readonly #sys: Needs;
  /** Opened while the shim answers: it is that process's for good. */
  readonly #pidfd: Fd;

  constructor(sys: Needs, connection: ShimConnection) {
    this.#sys = sys;
    this.connection = connection;
    this.#pidfd = sys.pidfdOpen(connection.pid);
  }

  /**
   * Duplicates of what the shim holds for a process (pidfd_getfd(2)): while the daemon has them, neither its terminal hangs up nor its
   * stdin ends when the shim dies.
   */
  duplicate(held: Held): HeldDescriptors {
    using taken = new DisposableStack();
    const duplicates: Record<string, Fd> = {};
    for (const [name, fd] of Object.entries(held)) {
      if (typeof fd === "number")
        duplicates[name] = taken.adopt(this.#sys.pidfdGetFd(this.#pidfd, fd), (open) =>
          this.#sys.close(open),
        );
    }
    taken.move();
    return duplicates;
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
    this.#sys.close(this.#pidfd);
  }
}
