import { abortFailure } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import type { Event } from "./event.ts";

/**
 * One subscriber's view of the events: a queue of references, so that a hundred of them cost a hundred pointers an event. It is
 * bounded: whoever reads too slowly is sent away, told with which timestamp to come back, and never loses one silently.
 */
export class Subscription implements AsyncIterable<Event>, Disposable {
  readonly #queue: Event[];
  readonly #limit: number;
  readonly #release: () => void;
  #next = 0;
  #lastTaken: bigint;
  #wake: (() => void) | undefined;
  #end: Failure | "complete" | undefined;

  /**
   * @param replay what is later than the timestamp that was asked for
   * @param capacity how many live events may wait beyond the replay
   */
  constructor(replay: readonly Event[], capacity: number, after: bigint, release: () => void) {
    this.#queue = [...replay];
    this.#limit = replay.length + capacity;
    this.#lastTaken = after;
    this.#release = release;
  }

  push(event: Event): void {
    if (this.#end !== undefined) return;
    if (this.#queue.length - this.#next >= this.#limit) {
      this.#queue.length = this.#next;
      this.end(
        new Failure(
          "RESOURCE_EXHAUSTED",
          `read too slowly: ${this.#limit} events were waiting; subscribe again with the timestamp of the last one received (${this.#lastTaken} ns)`,
        ),
      );
      return;
    }
    this.#queue.push(event);
    this.#awake();
  }

  /** No more events come: after what is queued, the stream ends so. */
  end(how: Failure | "complete"): void {
    this.#end ??= how;
    this.#release();
    this.#awake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    try {
      for (;;) {
        const event = this.#take();
        if (event !== undefined) yield event;
        else if (this.#end === "complete") return;
        else if (this.#end !== undefined) throw this.#end;
        else await new Promise<void>((resolve) => this.#sleep(resolve));
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  #take(): Event | undefined {
    const event = this.#queue[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    this.#lastTaken = event.timestamp;
    // shifting an array of thousands for each event would cost more than the event
    if (this.#next >= 1024 || this.#next === this.#queue.length) {
      this.#queue.splice(0, this.#next);
      this.#next = 0;
    }
    return event;
  }

  #sleep(resolve: () => void): void {
    this.#wake = resolve;
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  [Symbol.dispose](): void {
    this.end("complete");
  }
}

/** Ends the subscription when its caller goes away. */
export function endOnAbort(subscription: Subscription, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (signal.aborted) subscription.end(abortFailure(signal));
  else signal.addEventListener("abort", () => subscription.end(abortFailure(signal)), { once: true });
}
