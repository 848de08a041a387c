import { type CallOptions, isAborted } from "./call.ts";
import { Cancelled, NotFound } from "./errors.ts";
import { type ContainerEvent, followEvents } from "./events.ts";
import type { Feeds } from "./feed.ts";
import type { Rpc } from "./rpc.ts";
import { signalName } from "./signals.ts";
import { now } from "./time.ts";

/** How a process ended. */
export interface Exit {
  /** 0–255; 128 + the signal's number where one ended it; 255 where nobody could see it. */
  readonly exitCode: number;
  /** The signal that an exit code above 128 stands for. The API has the code only: a program can also return it by itself. */
  readonly signal: string | undefined;
  readonly time: Date;
}

/** The one exit of a process, from the daemon's events. */
export class ExitWatch implements Disposable {
  readonly exit: Promise<Exit>;
  /** The daemon has been asked for the container's events. */
  readonly opened: Promise<void>;
  readonly #listening: Disposable;

  /**
   * @param running whether the process runs already. One that is yet to start may have had a forerunner of its name, whose
   * exit does not count: its own comes after its start event.
   */
  constructor(rpc: Rpc, feeds: Feeds, id: string, name: string, { running }: { running: boolean }) {
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    const since = now();
    let started = running;
    this.exit = promise;
    promise.catch(() => undefined);
    const listening = feeds.listen(id, {
      event: (event) => {
        if (isStart(event, name)) started = true;
        else if (started && isExit(event, name)) resolve(exitOf(event));
      },
      failed: reject,
      reconnected: () => {
        // The events since then are replayed; but a log that was cut or lost would mean waiting for ever.
        void lostExit(rpc, id, name, since).then((lost) => {
          if (lost !== undefined && started) resolve(lost);
        });
      },
    });
    this.opened = listening.opened;
    this.#listening = listening;
    promise.then(
      () => listening[Symbol.dispose](),
      () => undefined,
    );
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}

/**
 * Waits until a process has ended, or finds out that it has.
 *
 * @throws NotFound when the daemon knows nothing of it
 */
export async function waitForExit(
  rpc: Rpc,
  feeds: Feeds,
  id: string,
  name: string,
  options: CallOptions,
): Promise<Exit> {
  using watch = new ExitWatch(rpc, feeds, id, name, { running: true });
  await watch.opened;
  if (await isRunning(rpc, id, name, options)) return await abortable(watch.exit, options.signal);
  const stored = await storedExit(rpc, id, name, 0n, options.signal);
  if (stored !== undefined) return stored;
  throw new NotFound(
    name === "init"
      ? `no container ${id}, and no exit of it stored`
      : `no process ${name} in container ${id}, and no exit of it stored`,
  );
}

/** A promise's outcome, or Cancelled when the signal comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new Cancelled("waiting was cancelled", { cause: signal.reason }));
  if (isAborted(signal)) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function isRunning(rpc: Rpc, id: string, name: string, options: CallOptions): Promise<boolean> {
  try {
    const { containers } = await rpc.unary("state", { id }, options);
    const container = containers.find((one) => one.id === id);
    return container?.processes.some((process) => process.pid === name) ?? false;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

/** The last stored exit of a process, unless one of its name was started since. */
async function storedExit(
  rpc: Rpc,
  id: string,
  name: string,
  since: bigint,
  signal?: AbortSignal,
): Promise<Exit | undefined> {
  let last: Exit | undefined;
  for await (const event of followEvents(rpc, { id, since, storedOnly: true, signal, reconnectFor: 0 })) {
    if (isStart(event, name)) last = undefined;
    else if (isExit(event, name)) last = exitOf(event);
  }
  return last;
}

/** The exit of a process that the daemon does not know any more; 255 where its event is lost too. */
async function lostExit(rpc: Rpc, id: string, name: string, since: bigint): Promise<Exit | undefined> {
  try {
    if (await isRunning(rpc, id, name, { timeout: 30_000 })) return undefined;
    const unseen = { exitCode: 255, signal: undefined, time: new Date() };
    return (await storedExit(rpc, id, name, since)) ?? unseen;
  } catch {
    return undefined; // the connection broke again: there will be another look when it is back
  }
}

function isStart(event: ContainerEvent, name: string): boolean {
  return name === "init"
    ? event.type === "start-container"
    : event.type === "start-process" && event.process === name;
}

function isExit(event: ContainerEvent, name: string): boolean {
  return event.type === "exit" && event.process === name;
}

function exitOf({ status, time }: ContainerEvent): Exit {
  return { exitCode: status, signal: status > 128 ? signalName(status - 128) : undefined, time };
}
