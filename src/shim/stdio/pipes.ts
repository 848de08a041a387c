import type { Fd, Sys } from "../../sys/sys.ts";
import type { Held } from "../protocol.ts";
import type { ProcessStdio } from "./process-stdio.ts";

/** The process has its FIFOs and files itself; only what keeps its stdin open is the shim's. */
export class Pipes implements ProcessStdio {
  readonly #sys: Pick<Sys, "close">;
  #stdinWriter: Fd | undefined;

  constructor(sys: Pick<Sys, "close">, stdinWriter: Fd | undefined) {
    this.#sys = sys;
    this.#stdinWriter = stdinWriter;
  }

  get held(): Held {
    return this.#stdinWriter === undefined ? {} : { stdinWriter: this.#stdinWriter };
  }

  closeStdin(): void {
    if (this.#stdinWriter !== undefined) this.#sys.close(this.#stdinWriter);
    this.#stdinWriter = undefined;
  }

  resize(): void {}

  settle(): void {}

  finish(): Promise<void> {
    this.closeStdin();
    return Promise.resolve();
  }

  drop(): void {
    this.closeStdin();
  }
}
