import { isId } from "../../base/ids.ts";
import type { ShimProcess } from "../../shim/client/index.ts";
import type { ProcessDir } from "../../state/layout.ts";
import type { Context } from "../context.ts";

/** A process, and the shim that knows it. */
export type KnownProcess = ShimProcess & { readonly shim: string };

/** What the shims know. */
export class Known {
  readonly #byContainer = new Map<string, Map<string, KnownProcess>>();

  /** @param lists by the shims' names */
  constructor(lists: ReadonlyMap<string, readonly ShimProcess[]>) {
    for (const [shim, processes] of lists) for (const process of processes) this.#add({ ...process, shim });
  }

  #add(process: KnownProcess): void {
    // a shim is trusted, but its words become paths
    if (!isId(process.container) || !isId(process.process)) return;
    const processes = this.#byContainer.get(process.container) ?? new Map<string, KnownProcess>();
    this.#byContainer.set(process.container, processes);
    const before = processes.get(process.process);
    // an end that was told, of one whose name is used again, says nothing of the one that runs
    if (before === undefined || before.state === "ended") processes.set(process.process, process);
  }

  get containers(): readonly string[] {
    return [...this.#byContainer.keys()];
  }

  of(container: string): readonly KnownProcess[] {
    return [...(this.#byContainer.get(container)?.values() ?? [])];
  }

  get(container: string, process: string, directory: ProcessDir): KnownProcess | undefined {
    const known = this.#byContainer.get(container)?.get(process);
    return known?.directory === directory.path ? known : undefined;
  }

  /** Ends a launch that an earlier daemon had asked for. @returns how it is now: it may have been faster */
  async abort({ shims }: Context, launching: KnownProcess): Promise<KnownProcess | undefined> {
    const { container, process, shim } = launching;
    const link = await shims.find(shim);
    if (link === undefined) return undefined;
    await link.connection.abort({ container, process });
    const now = (await link.connection.list()).find(
      (each) => each.container === container && each.process === process && each.state !== "launching",
    );
    return now === undefined ? undefined : { ...now, shim };
  }
}
