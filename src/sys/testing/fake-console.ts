import type { ConsoleListener, Fd } from "../sys.ts";
import type { FakeFds } from "./fake-fds.ts";

/** A console socket: `connect` is what runc would do. */
export class FakeConsole implements ConsoleListener {
  readonly path: string;
  readonly #fds: FakeFds;
  readonly #socket: Fd;
  readonly #terminals: string[] = [];
  readonly #waiting: ((fd: Fd) => void)[] = [];
  readonly #onDispose: () => void;
  #open = true;

  constructor(path: string, fds: FakeFds, onDispose: () => void) {
    this.path = path;
    this.#fds = fds;
    this.#socket = fds.openNew(`console ${path}`, "socket");
    this.#onDispose = onDispose;
  }

  /** The runtime sends a terminal. */
  connect(terminal = "ptmx"): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#terminals.push(terminal);
    else waiting(this.#fds.openNew(terminal, "character"));
  }

  receive(signal: AbortSignal): Promise<Fd> {
    const terminal = this.#terminals.shift();
    if (terminal !== undefined) return Promise.resolve(this.#fds.openNew(terminal, "character"));
    const { promise, resolve, reject } = Promise.withResolvers<Fd>();
    if (signal.aborted) reject(signal.reason);
    else this.#waiting.push(resolve);
    signal.addEventListener("abort", () => {
      const at = this.#waiting.indexOf(resolve);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(signal.reason);
    });
    return promise;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#fds.close(this.#socket);
    this.#onDispose();
  }
}
