import { setTimeout as sleep } from "node:timers/promises";
import { isAborted } from "./call.ts";
import {
  type ContainerdError,
  DeadlineExceeded,
  InvalidArgument,
  ResourceExhausted,
  Unavailable,
} from "./errors.ts";
import type { Answer, Rpc } from "./rpc.ts";
import { dateOf, fromTimestamp, nanosecondsOf, now, type Since, toTimestamp } from "./time.ts";

/** What happened to a container. More types may come. */
export type EventType = "start-container" | "start-process" | "exit" | "pause" | "resume" | "oom" | "live";

export interface ContainerEvent {
  readonly type: EventType | (string & {});
  /** The container's. */
  readonly id: string;
  /** The process's name: "init" or what was given to exec; empty where the event is the container's. */
  readonly process: string;
  /** Of an exit: 0–255; 128 + the signal's number where one ended the process. */
  readonly status: number;
  /** Nanoseconds since 1970. Strictly increasing: what `since` takes to go on from here. */
  readonly timestamp: bigint;
  /** The same, to the millisecond. */
  readonly time: Date;
}

export interface EventsOptions {
  /** Replays every stored event later than this, then goes on with what happens. Only what happens, where absent. */
  readonly since?: Since | undefined;
  /** Ends after the replay; needs `since`. */
  readonly storedOnly?: boolean | undefined;
  /** Only this container's. */
  readonly id?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long a daemon that went away is waited for, in milliseconds: 60,000 unless given; 0: not at all. */
  readonly reconnectFor?: number | undefined;
  /** Told when the connection broke, and why. */
  readonly onDisconnect?: ((error: ContainerdError) => void) | undefined;
  /** Told when the stream is open again. */
  readonly onReconnect?: (() => void) | undefined;
  /** Told when the daemon has been asked for events: what is done afterwards is seen. */
  readonly onOpen?: (() => void) | undefined;
}

/**
 * The daemon's events, each once and in order, over broken connections and restarts of the daemon. The first connection must
 * succeed; aborting the signal ends the iteration without an error.
 *
 * @throws ContainerdError
 */
export async function* followEvents(
  rpc: Rpc,
  options: EventsOptions,
): AsyncGenerator<ContainerEvent, void, undefined> {
  const { id = "", storedOnly = false, signal } = options;
  if (storedOnly && options.since === undefined)
    throw new InvalidArgument("storedOnly needs since: what is to be replayed?");
  let cursor = options.since === undefined ? undefined : nanosecondsOf(options.since);
  await rpc.ready();
  const opened = now();
  for (;;) {
    const timestamp = cursor === undefined ? {} : { timestamp: toTimestamp(cursor) };
    let failure: ContainerdError;
    try {
      const request = { id, storedOnly, ...timestamp };
      for await (const message of rpc.stream(request, {
        signal,
        onSent: options.onOpen,
      })) {
        const event = eventOf(message);
        if (cursor !== undefined && event.timestamp <= cursor) continue;
        cursor = event.timestamp;
        yield event;
      }
      if (storedOnly) return;
      failure = new Unavailable("the daemon ended the event stream");
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isPassing(error)) throw error;
      failure = error;
    }
    // Nothing has come yet: what happened since the stream was opened is what a new one would miss.
    cursor ??= opened;
    options.onDisconnect?.(failure);
    if (!(await reachAgain(rpc, failure, options))) return;
    options.onReconnect?.();
  }
}

/** Waits until the daemon answers again. @returns false when the signal came first @throws the failure, when time is over */
async function reachAgain(rpc: Rpc, failure: ContainerdError, options: EventsOptions): Promise<boolean> {
  const { signal, reconnectFor = 60_000 } = options;
  const until = performance.now() + reconnectFor;
  for (let delay = 20; performance.now() < until; delay = Math.min(delay * 2, 1000)) {
    // The program waits for the daemon: this timer keeps it alive.
    await sleep(delay, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    if (isAborted(signal)) return false;
    try {
      await rpc.unary("getServerVersion", {}, { signal, timeout: 5000 });
      return true;
    } catch (error) {
      if (isAborted(signal)) return false;
      if (!isPassing(error) && !(error instanceof DeadlineExceeded)) throw error;
    }
  }
  throw failure;
}

/** Whether the same stream may work a moment later: the daemon is away, or this subscriber was too slow for it. */
function isPassing(error: unknown): error is ContainerdError {
  return error instanceof Unavailable || error instanceof ResourceExhausted;
}

function eventOf(message: Answer<"events">): ContainerEvent {
  const timestamp = fromTimestamp(message.timestamp);
  const { type, id, pid, status } = message;
  return { type, id, process: pid, status, timestamp, time: dateOf(timestamp) };
}
