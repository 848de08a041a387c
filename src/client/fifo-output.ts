import { constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { Readable } from "node:stream";

/** As much as a FIFO can hold unless root says otherwise: /proc/sys/fs/pipe-max-size is 1 MiB. */
const pipeMax = 1024 * 1024;

/** How long a terminal's last output may take to come through after its process's exit, in milliseconds. */
const terminalLinger = 300;

/**
 * What a process writes. It ends when the last of those who hold the FIFO has closed it; or, when the process has exited but
 * children of it hold the FIFO still, with the last byte that was written before the exit.
 *
 * The FIFO is opened without waiting for a writer (an open that waits would occupy one of libuv's few threads) and read when
 * epoll says so.
 */
export class FifoOutput extends Readable {
  readonly #fd: number;
  readonly #socket: Socket;
  #ended = false;
  #lingering: NodeJS.Timeout | undefined;

  constructor(path: string) {
    super();
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.pause();
    this.#socket.on("data", (piece: Buffer) => {
      this.#lingering?.refresh();
      if (!this.push(piece)) this.#socket.pause();
    });
    this.#socket.on("end", () => this.#end());
    this.#socket.on("error", (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#ended = true;
    clearTimeout(this.#lingering);
    this.#socket.destroy();
    callback(error);
  }

  /** The process has exited: what it wrote is in the FIFO by now, so what is there is read, and that is the end. */
  processExited(): void {
    if (this.#ended) return;
    // What the socket holds: read() hands it to the listener of "data", as it does everything.
    while (this.#socket.read() !== null);
    this.#drain();
    this.#end();
  }

  /** The same for a terminal, whose output the shim copies: it closes the FIFO when it has copied everything. */
  terminalExited(): void {
    if (this.#ended) return;
    this.#lingering = setTimeout(() => this.processExited(), terminalLinger);
  }

  #drain(): void {
    for (let total = 0; total < pipeMax; ) {
      const piece = Buffer.allocUnsafe(65_536);
      let read: number;
      try {
        read = readSync(this.#fd, piece);
      } catch {
        return; // EAGAIN: it is empty, and somebody holds it open still
      }
      if (read === 0) return;
      this.push(piece.subarray(0, read));
      total += read;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#lingering);
    this.#socket.destroy();
    this.push(null);
  }
}
