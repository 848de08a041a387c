import { errnoOf } from "../../base/errors.ts";
import type { Fd, Poller, Sys } from "../../sys/sys.ts";
import type { Polls } from "./polls.ts";

type Needs = Pick<Sys, "read" | "write">;

/** What is read is written before anything else is read into it, by whichever copy: one buffer for all of them. */
const shared = Buffer.allocUnsafeSlow(32 << 10);
/** A full disk must not stop the process: what it says is lost until there is room. */
const fullDisk: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
/** After so many pieces others have their turn. */
const turns = 16;
/** A terminal that nobody has open (yet) is looked at again after so long, ever longer up to the second number; ms. */
const quiet = [20, 1000] as const;

/**
 * Carries bytes from one non-blocking descriptor to another. What the other side does not take waits in the kernel: nothing is read
 * before the last piece is written, so that a slow reader slows the writer and costs no memory here.
 */
export class Copy {
  readonly #sys: Needs;
  readonly #polls: Polls;
  readonly #from: Fd;
  readonly #to: Fd;
  readonly #onEnd: () => void;
  #rest: Uint8Array | undefined;
  #watch: Disposable | undefined;
  #quiet: number = quiet[0];
  #draining = false;
  #ended = false;
  /** How many pieces were carried: whether anything moves. */
  moved = 0;

  /** @param onEnd called once, when the source has ended or the destination takes no more; the descriptors stay the caller's */
  constructor(sys: Needs, polls: Polls, from: Fd, to: Fd, onEnd: () => void) {
    this.#sys = sys;
    this.#polls = polls;
    this.#from = from;
    this.#to = to;
    this.#onEnd = onEnd;
    this.#await(polls.reading, from, { in: true });
  }

  /** From now on an empty source is the end. */
  drain(): void {
    if (this.#ended) return;
    this.#draining = true;
    if (this.#rest === undefined) this.#step();
  }

  /** Stops where it is. */
  stop(): void {
    this.#ended = true;
    this.#forget();
  }

  #step(): void {
    this.#forget();
    for (let turn = 0; turn < turns; turn += 1) {
      if (this.#ended || !this.#write()) return;
      const count = this.#read();
      if (count === undefined) return;
      this.#rest = shared.subarray(0, count);
      this.moved += 1;
    }
    if (!this.#write()) return;
    if (this.#draining) this.#later(() => this.#step(), 0);
    else this.#await(this.#polls.reading, this.#from, { in: true });
  }

  /** @returns how much is in the buffer; undefined when it has been arranged how it goes on */
  #read(): number | undefined {
    try {
      const count = this.#sys.read(this.#from, shared);
      if (count > 0) {
        this.#quiet = quiet[0];
        return count;
      }
      this.#end();
    } catch (error) {
      if (this.#draining) this.#end();
      else if (errnoOf(error) === "EAGAIN") this.#await(this.#polls.reading, this.#from, { in: true });
      else if (errnoOf(error) === "EIO") this.#lookAgain();
      else this.#end();
    }
    return undefined;
  }

  /**
   * A master says EIO while nobody has the terminal open: runc opens it only after it has sent the master, and a process may close it
   * and go on. It polls as ready all the while, so that only a timer is left.
   */
  #lookAgain(): void {
    this.#later(() => this.#step(), this.#quiet);
    this.#quiet = Math.min(this.#quiet * 2, quiet[1]);
  }

  /** @returns whether everything is written; if not, it has been arranged how it goes on */
  #write(): boolean {
    while (this.#rest !== undefined) {
      const rest = this.#rest;
      try {
        const written = this.#sys.write(this.#to, rest);
        this.moved += 1;
        this.#rest = written < rest.length ? rest.subarray(written) : undefined;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === "EAGAIN") {
          // The buffer is everybody's.
          if (rest.buffer === shared.buffer) this.#rest = Uint8Array.from(rest);
          this.#await(this.#polls.writing, this.#to, { out: true });
          return false;
        }
        if (!fullDisk.has(errno ?? "")) {
          this.#end();
          return false;
        }
        this.#rest = undefined;
      }
    }
    return true;
  }

  #await(poller: Poller, fd: Fd, interest: { readonly in?: true; readonly out?: true }): void {
    try {
      this.#watch = poller.add(fd, interest, () => this.#step());
    } catch (error) {
      // epoll_ctl(2): a plain file cannot be polled, it is always ready.
      if (errnoOf(error) !== "EPERM") throw error;
      this.#later(() => this.#step(), 0);
    }
  }

  #later(step: () => void, ms: number): void {
    const timer = setTimeout(step, ms);
    this.#watch = { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  #forget(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #end(): void {
    if (this.#ended) return;
    this.stop();
    this.#onEnd();
  }
}
