import { messageOf } from "../../base/errors.ts";
import type { ShimExit } from "../../shim/client/index.ts";
import type { Context } from "../context.ts";
import type { Watching } from "../watching.ts";
import type { ShimLink } from "./link.ts";

/** What comes from the shims unasked: that a process has ended, and that a shim has died. */
export class ShimReports {
  readonly #context: () => Context;
  readonly #watching: Watching;
  /** While the daemon finds out what there is, exits wait here; undefined afterwards. */
  #held: (() => void)[] | undefined = [];

  constructor(context: () => Context, watching: Watching) {
    this.#context = context;
    this.#watching = watching;
  }

  /** From now on everything is known: what was said meanwhile is heard. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const hear of held) hear();
  }

  onExit(link: () => ShimLink | undefined, exit: ShimExit): void {
    if (this.#held !== undefined) this.#held.push(() => this.#hear(link, exit));
    else this.#hear(link, exit);
  }

  #hear(link: () => ShimLink | undefined, exit: ShimExit): void {
    const container = this.#context().containers.get(exit.container);
    const process = container?.processes.get(exit.process);
    const stale =
      container === undefined ||
      process === undefined ||
      exit.at < container.record.created ||
      (process.pid !== 0 && process.pid !== exit.pid);
    if (stale) {
      // it was told before, and the shim had not heard that it may forget it
      link()
        ?.connection.ack({ container: exit.container, process: exit.process }, exit.pid)
        .catch(() => {});
      return;
    }
    this.#context().exits.notice(container, process, exit);
  }

  /** The shim's processes go on: from here on this daemon watches for their ends, and the next shim gets their terminals. */
  onGone(name: string): void {
    const { containers, logger, shims } = this.#context();
    const orphaned = containers.all().filter((container) => container.record.shim === name);
    logger.warn("a shim has died; its processes go on", { shim: name, containers: orphaned.length });
    for (const container of orphaned) {
      for (const process of container.processes.values()) {
        this.#watching.watch(container, process);
        shims.adopt(container, process).catch((error: unknown) => {
          logger.error("a terminal or stdin could not be given to another shim", {
            id: container.id,
            process: process.name,
            error: messageOf(error),
          });
        });
      }
    }
  }
}
