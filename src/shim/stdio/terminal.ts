import { fstatSync } from "node:fs";
import type { Fd, Sys } from "../../sys/sys.ts";
import type { Held } from "../protocol.ts";
import { Copy } from "./copy.ts";
import type { Polls } from "./polls.ts";
import type { ProcessStdio } from "./process-stdio.ts";

type Needs = Pick<Sys, "read" | "write" | "close" | "resize" | "setNonBlocking">;

export interface TerminalFds {
  readonly terminal: Fd;
  readonly stdin?: Fd;
  readonly stdinWriter?: Fd;
  readonly stdout: Fd;
}

/** How long output that nobody takes is kept after the process has ended, in ms; a reader that takes some gets as long again. */
const patience = 10_000;
const lookEvery = 500;

/** A pty's master, copied to and from FIFOs. Owns the descriptors it is given. */
export class Terminal implements ProcessStdio {
  readonly #sys: Needs;
  readonly #fds: Map<keyof TerminalFds, Fd>;
  readonly #output: Copy;
  readonly #input: Copy | undefined;
  readonly #drained = Promise.withResolvers<void>();

  constructor(sys: Needs, polls: Polls, fds: TerminalFds) {
    this.#sys = sys;
    this.#fds = new Map(Object.entries(fds) as [keyof TerminalFds, Fd][]);
    const { terminal, stdin, stdout } = fds;
    for (const fd of this.#fds.values()) sys.setNonBlocking(fd);
    this.#output = new Copy(sys, polls, terminal, stdout, () => this.#drained.resolve());
    if (stdin !== undefined)
      // Its end is not the terminal's: the process gets no end of file, and no hang-up.
      this.#input = new Copy(sys, polls, stdin, terminal, () => this.#close("stdin"));
  }

  get held(): Held {
    return Object.fromEntries(this.#fds);
  }

  closeStdin(): void {
    this.#close("stdinWriter");
  }

  resize(columns: number, rows: number): void {
    const terminal = this.#fds.get("terminal");
    if (terminal !== undefined) this.#sys.resize(terminal, columns, rows);
  }

  settle(): void {
    this.#input?.stop();
    this.#close("stdin");
    this.#close("stdinWriter");
    this.#output.drain();
  }

  async finish(): Promise<void> {
    this.settle();
    const patient = this.#bePatient();
    await this.#drained.promise;
    clearInterval(patient);
    this.drop();
  }

  drop(): void {
    this.#input?.stop();
    this.#output.stop();
    for (const name of [...this.#fds.keys()]) this.#close(name);
  }

  /** Whoever should read may be gone for good: his FIFO too, or he has taken nothing for long. */
  #bePatient(): NodeJS.Timeout {
    let { moved } = this.#output;
    let since = performance.now();
    return setInterval(() => {
      if (this.#output.moved !== moved) {
        ({ moved } = this.#output);
        since = performance.now();
      }
      const stdout = this.#fds.get("stdout");
      const unlinked = stdout === undefined || fstatSync(stdout).nlink === 0;
      if (unlinked || performance.now() - since > patience) this.#drained.resolve();
    }, lookEvery);
  }

  #close(name: keyof TerminalFds): void {
    const fd = this.#fds.get(name);
    if (fd === undefined) return;
    this.#fds.delete(name);
    this.#sys.close(fd);
  }
}
