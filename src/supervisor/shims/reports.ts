import type { ShimExit } from "../../shim/client/index.ts";
import type { Member } from "../containers.ts";
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
    if (process?.state.kind === "starting") {
      // whether it is this one's end or that of an earlier one of its name is known when the launch has told the pid
      process.endedEarly(exit);
      return;
    }
    if (container === undefined || process?.pid !== exit.pid) {
      // it was told before, and the shim had not heard that it may forget it
      link()
        ?.connection.ack({ container: exit.container, process: exit.process }, exit.pid)
        .catch(() => {});
      return;
    }
    this.#context().exits.notice(container, process, exit);
  }

  /** The shim's processes go on: from here on this daemon watches for their ends. @returns those that have not ended */
  onGone(name: string): Member[] {
    const { containers, logger } = this.#context();
    const orphaned = containers.all().filter((container) => container.record.shim === name);
    logger.warn("a shim has died; its processes go on", { shim: name, containers: orphaned.length });
    const members = orphaned.flatMap((container) =>
      [...container.processes.values()].map((process) => ({ container, process })),
    );
    for (const { container, process } of members) this.#watching.watch(container, process);
    return members.filter(({ process }) => process.state.kind === "running");
  }
}
