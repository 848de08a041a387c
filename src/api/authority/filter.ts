import { Duplex } from "node:stream";
import { ClientFrames } from "./frames.ts";

type Done = (error?: Error | null) => void;

/**
 * A connection as the HTTP/2 session sees it: the socket's, with the :authority of its requests mended. It stays in between for
 * the connection's whole life: to hand the socket over after the first request would leave clients that wait for SETTINGS
 * waiting, and a later request may name its :authority anew, when the dynamic table has forgotten it.
 */
export class AuthorityFilter extends Duplex {
  readonly #socket: Duplex;
  readonly #frames = new ClientFrames();

  constructor(socket: Duplex) {
    super({ allowHalfOpen: true, autoDestroy: true });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      const bytes = this.#frames.feed(chunk);
      if (bytes.length > 0 && !this.push(bytes)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    // The session listens for errors only while it lives; one that comes later is of no use to anyone.
    this.on("error", () => undefined);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#socket.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#socket.cork();
    const last = chunks.length - 1;
    chunks.forEach(({ chunk }, n) => {
      this.#socket.write(chunk, n === last ? done : undefined);
    });
    this.#socket.uncork();
  }

  override _final(done: Done): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket.destroy();
    done(error);
  }
}
