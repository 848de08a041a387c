import { abortFailure } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import type { Event } from "./event.ts";

export interface SubscriptionOptions {
  /** What is stored and later than the timestamp that was asked for. */
  readonly replay: Event[];
  /** How many live events may wait beyond the replay. */
  readonly capacity: number;
  readonly signal: AbortSignal | undefined;
  /** Called once, when no more events are wanted. */
  readonly ended: (subscription: Subscription) => void;
}

/** How many taken events are forgotten at once: to shift an array of thousands for each would cost more than the event. */
const chunk = 1024;
const done: IteratorResult<Event, undefined> = { done: true, value: undefined };

/**
 * One subscriber's view of the events: a queue of references, so that a hundred of them cost a hundred pointers an event. It is
 * bounded: for whoever reads too slowly it takes no more, and ends, after what it holds, with the timestamp to come back with. Nothing
 * that it has taken is dropped, since the log may have forgotten it by then.
 */
export class Subscription implements AsyncIterable<Event>, AsyncIterator<Event, undefined>, Disposable {
  readonly #queue: Event[];
  readonly #limit: number;
  readonly #ended: (subscription: Subscription) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    // whoever has gone away reads no more
    this.#queue.length = 0;
    this.#next = 0;
    this.end(abortFailure(this.#signal));
  };
  #next = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Event, undefined>> | undefined;
  #end: Failure | "complete" | undefined;

  constructor({ replay, capacity, signal, ended }: SubscriptionOptions) {
    this.#queue = replay;
    this.#limit = replay.length + capacity;
    this.#ended = ended;
    this.#signal = signal;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  push(event: Event): void {
    if (this.#end !== undefined) return;
    if (this.#waiting !== undefined) this.#answer({ done: false, value: event });
    else if (this.#queue.length - this.#next < this.#limit) this.#queue.push(event);
    else this.end(this.#tooSlow());
  }

  #tooSlow(): Failure {
    const last = this.#queue.at(-1)?.timestamp ?? 0n;
    return new Failure(
      "RESOURCE_EXHAUSTED",
      `read too slowly: ${this.#queue.length - this.#next} events were waiting; come back with timestamp ${last} (ns), that of the last one sent`,
    );
  }

  /** No more events come: after what is queued, the stream ends so. */
  end(how: Failure | "complete"): void {
    if (this.#end !== undefined) return;
    this.#end = how;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#ended(this);
    if (this.#waiting === undefined) return;
    if (how === "complete") this.#answer(done);
    else {
      this.#waiting.reject(how);
      this.#waiting = undefined;
    }
  }

  #answer(result: IteratorResult<Event, undefined>): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event, as soon as there is one. To be called again only when it has answered, as `for await` does. */
  next(): Promise<IteratorResult<Event, undefined>> {
    const event = this.#queue[this.#next];
    if (event !== undefined) {
      this.#next += 1;
      if (this.#next >= chunk || this.#next === this.#queue.length) {
        this.#queue.splice(0, this.#next);
        this.#next = 0;
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#end === "complete") return Promise.resolve(done);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** What `for await` calls when it is left. */
  return(): Promise<IteratorResult<Event, undefined>> {
    this[Symbol.dispose]();
    return Promise.resolve(done);
  }

  [Symbol.dispose](): void {
    this.#queue.length = 0;
    this.#next = 0;
    this.end("complete");
  }
}
