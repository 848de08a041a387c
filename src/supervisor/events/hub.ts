import { type Clock, systemClock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Event, NewEvent } from "./event.ts";
import { EventLog } from "./log.ts";
import { Subscription } from "./subscription.ts";

export interface HubOptions {
  readonly path: string;
  /** How many of the last events are kept for replays: --retain-count. */
  readonly retain: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export interface SubscribeOptions {
  /** ns since 1970: every stored event later than it comes first. Absent: live events only. */
  readonly after?: bigint;
  /** Ends after the stored ones. */
  readonly storedOnly?: boolean;
  /** Of that container only. */
  readonly id?: string;
  readonly signal?: AbortSignal;
  /** How many live events may wait for the subscriber. */
  readonly capacity?: number;
}

interface Unwritten {
  readonly event: Event;
  readonly beforeTold: (() => void) | undefined;
}

const defaultCapacity = 65_536;
const retryMs = 500;
/** A restart asks the log what has been told already, also where nothing is kept for replays. */
const leastKept = 64;

/**
 * Everything that happens is told here: written to the log first, then to whoever listens, in one order for all. While the log cannot be
 * written (a full disk), events wait in memory, keep their order, and are told once there is room again.
 */
export class EventHub implements Disposable {
  readonly #log: EventLog;
  readonly #retain: number;
  readonly #keep: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** The last events: at least #keep, where there were as many. */
  readonly #stored: Event[];
  readonly #subscriptions = new Map<Subscription, string | undefined>();
  readonly #unwritten: Unwritten[] = [];
  #last: bigint;
  #flushing = false;
  #closed = false;
  /** Why the log could not be written the last time. */
  #trouble: string | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: HubOptions) {
    this.#retain = options.retain;
    this.#keep = Math.max(options.retain, leastKept);
    const { log, events } = EventLog.open(options.path, this.#keep, options.logger);
    this.#log = log;
    this.#stored = events;
    this.#logger = options.logger;
    this.#clock = options.clock ?? systemClock;
    this.#last = events.at(-1)?.timestamp ?? 0n;
  }

  /**
   * Gives the event its time, writes it, and tells it. Never throws, and never waits.
   *
   * @param beforeTold what must have happened before anybody hears of it, though not before it is safe in the log: the removal of what
   * it makes superfluous. It must not take longer than microseconds
   */
  append(event: NewEvent, beforeTold?: () => void): Event {
    const stamped = this.#stamp(event);
    this.#unwritten.push({ event: stamped, beforeTold });
    if (this.#retry === undefined) this.#flush();
    return stamped;
  }

  /** The clock may stand still, or be set back: then the last time and one nanosecond. */
  #stamp(event: NewEvent): Event {
    const now = this.#clock.now();
    this.#last = now > this.#last ? now : this.#last + 1n;
    return { ...event, timestamp: this.#last };
  }

  #flush(): void {
    // an event that is made while another is told comes after it, for everybody
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    this.#retry = undefined;
    for (let next = this.#unwritten[0]; next !== undefined; next = this.#unwritten[0]) {
      if (!this.#write(next.event)) break;
      this.#unwritten.shift();
      this.#tell(next);
    }
    this.#flushing = false;
  }

  #write(event: Event): boolean {
    try {
      this.#log.append(event, () => this.#stored);
    } catch (error) {
      this.#complain(messageOf(error));
      this.#retry = setTimeout(() => this.#flush(), retryMs);
      return false;
    }
    if (this.#trouble !== undefined) this.#logger.info("the event log can be written again");
    this.#trouble = undefined;
    return true;
  }

  /** Once, not twice a second: the log may be on the same disk. */
  #complain(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#logger.error("the event log cannot be written; events wait until it can", { error: trouble });
  }

  #tell({ event, beforeTold }: Unwritten): void {
    this.#stored.push(event);
    if (this.#stored.length >= 2 * this.#keep) this.#stored.splice(0, this.#stored.length - this.#keep);
    try {
      beforeTold?.();
    } catch (error) {
      // an exit that nobody hears of would be worse
      this.#logger.error("what an event makes superfluous could not be removed", {
        id: event.id,
        event: event.type,
        error: messageOf(error),
      });
    }
    for (const [subscription, id] of this.#subscriptions) {
      if (id === undefined || id === event.id) subscription.push(event);
    }
  }

  /** What is stored and later than `after`, then what comes, without a gap between them. */
  subscribe(options: SubscribeOptions = {}): Subscription {
    const { after, id, signal, capacity = defaultCapacity } = options;
    const replay = after === undefined ? [] : this.#later(after, id);
    const ended = (subscription: Subscription): void => void this.#subscriptions.delete(subscription);
    const subscription = new Subscription({ replay, capacity, signal, ended });
    if (options.storedOnly === true || this.#closed) subscription.end("complete");
    else if (signal?.aborted !== true) this.#subscriptions.set(subscription, id);
    return subscription;
  }

  #later(after: bigint, id: string | undefined): Event[] {
    const last = this.#stored.slice(Math.max(0, this.#stored.length - this.#retain));
    return last.filter((event) => event.timestamp > after && (id === undefined || event.id === id));
  }

  /** Every event that is remembered, oldest first: a few at least, however little is to be retained for replays. */
  get stored(): readonly Event[] {
    return this.#stored;
  }

  get subscribers(): number {
    return this.#subscriptions.size;
  }

  /** Events that wait for room in the log. */
  get waiting(): number {
    return this.#unwritten.length;
  }

  /** Ends every stream. What still waits for room in the log is found again at the next start. */
  [Symbol.dispose](): void {
    clearTimeout(this.#retry);
    if (this.#unwritten.length > 0) this.#flush();
    clearTimeout(this.#retry);
    this.#closed = true;
    for (const subscription of [...this.#subscriptions.keys()]) subscription.end("complete");
    this.#log[Symbol.dispose]();
  }
}
