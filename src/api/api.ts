import type { Event } from "../supervisor/events/event.ts";
import type { SubscribeOptions } from "../supervisor/events/hub.ts";
import type { ResultOf, Task } from "../supervisor/task.ts";

/** What the methods are made of. */
export interface Api {
  readonly supervisor: SupervisorPort;
  /** GetServerVersion's: the software's name, version and commit. */
  readonly revision: string;
  /** --log-dir */
  readonly logDirectory: string;
}

/** What the API asks of the supervisor. */
export interface SupervisorPort {
  /** Fulfilled when everything that a former daemon left is known. */
  readonly ready: Promise<unknown>;
  readonly events: { subscribe(options: SubscribeOptions): AsyncIterable<Event> };
  send<T extends Task>(task: T, signal: AbortSignal): Promise<ResultOf<T>>;
}
