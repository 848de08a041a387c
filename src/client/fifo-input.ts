import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { Writable } from "node:stream";

/**
 * What a process reads. Ending it closes the FIFO and then calls `closed`, which tells the daemon to close its own end, so
 * that the process sees the end after the last byte and not before.
 */
export class FifoInput extends Writable {
  readonly #path: string;
  readonly #closed: () => Promise<void>;
  #holder: number | undefined;
  #socket: Socket | undefined;

  /**
   * Opens the FIFO for both directions: that never waits, and nobody's open for reading has to wait either.
   */
  constructor(path: string, closed: () => Promise<void>) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#closed = closed;
    this.#holder = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    // Until the process runs nothing is written.
    this.cork();
    // A process that reads no more is no error of the writer's: `yes | head` is fine.
    this.on("error", () => undefined);
  }

  /** The process runs: from now on what is written goes to it, and fails once nobody reads. */
  processRuns(): void {
    const fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.#release();
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on("error", (error) => this.destroy(error));
    this.uncork();
  }

  override _write(piece: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    if (this.#socket === undefined || this.#socket.destroyed) callback(new Error("nobody reads it"));
    else this.#socket.write(piece, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    // Every byte has been written to the FIFO: a write is done when write(2) has taken it all.
    this.#closeSocket(() => {
      this.#closed().then(
        () => callback(),
        (error: Error) => callback(error),
      );
    });
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#release();
    this.#closeSocket(() => callback(error));
  }

  #closeSocket(then: () => void): void {
    const socket = this.#socket;
    if (socket === undefined || socket.closed) {
      then();
      return;
    }
    socket.once("close", then);
    socket.destroy();
  }

  #release(): void {
    if (this.#holder !== undefined) closeSync(this.#holder);
    this.#holder = undefined;
  }
}
