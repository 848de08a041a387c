import { StringDecoder } from "node:string_decoder";
import { errnoOf } from "../../base/errors.ts";
import type { LogStream } from "../../base/log-record.ts";
import type { Fd, Sys } from "../../sys/sys.ts";
import type { Polls } from "../stdio/polls.ts";

type Needs = Pick<Sys, "read" | "close">;

/** After a piece others have their turn: of short lines it is some milliseconds' work. */
const buffer = Buffer.allocUnsafeSlow(16 << 10);
/** So many pieces are more than a pipe holds. */
const pipeful = 16;

/** One stream of a container: a FIFO's end that nobody else reads. Nothing is kept here but the bytes of an unfinished character. */
export class LogInput {
  readonly stream: LogStream;
  readonly #sys: Needs;
  readonly #fd: Fd;
  readonly #write: (stream: LogStream, text: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #ended = Promise.withResolvers<void>();
  readonly #watch: Disposable;
  #isOver = false;
  /** How many pieces were read: whether anything moves. */
  moved = 0;

  /** @param fd non-blocking; owned from here on */
  constructor(
    needs: { readonly sys: Needs; readonly polls: Polls },
    stream: LogStream,
    fd: Fd,
    write: (stream: LogStream, text: string) => void,
  ) {
    this.#sys = needs.sys;
    this.stream = stream;
    this.#fd = fd;
    this.#write = write;
    this.#watch = needs.polls.reading.add(fd, { in: true }, () => this.#read(1));
  }

  /** Resolves when the last writer has gone, or it was closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Takes everything that is there now: a pipe's worth, and what comes meanwhile within a bound. */
  takeAll(): void {
    this.#read(pipeful);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const rest = this.#decoder.end();
    if (rest !== "") this.#write(this.stream, rest);
    this.#watch[Symbol.dispose]();
    this.#sys.close(this.#fd);
    this.#ended.resolve();
  }

  #read(most: number): void {
    for (let turn = 0; turn < most && !this.#isOver; turn += 1) {
      let count: number;
      try {
        count = this.#sys.read(this.#fd, buffer);
      } catch (error) {
        if (errnoOf(error) !== "EAGAIN") this.close();
        return;
      }
      if (count === 0) {
        this.close();
        return;
      }
      this.moved += 1;
      const text = this.#decoder.write(buffer.subarray(0, count));
      if (text !== "") this.#write(this.stream, text);
    }
  }
}
