import type { Event } from "../events/event.ts";
import type { EventHub } from "../events/hub.ts";

/** What the event log says of one life of a container, as far as the log goes back. */
export interface Told {
  id: string;
  /** Whether its start-container is there: then everything after that is, too. */
  started: boolean;
  /** When the last start, and the last exit, of a process of that name was told: an exec's name may be used again. */
  readonly starts: Map<string, bigint>;
  readonly exits: Map<string, bigint>;
  /** By the last pause or resume; undefined where there was none. */
  paused: boolean | undefined;
  ooms: bigint;
}

/** What was told already, by the containers' instances: read once, so that thousands of processes can be looked up. */
export class Survey {
  readonly #byInstance = new Map<string, Told>();

  static of(events: EventHub): Survey {
    const survey = new Survey();
    // not a replay, which has only as much as is to be retained: perhaps nothing
    for (const event of events.stored) survey.#add(event);
    return survey;
  }

  about(instance: string): Told {
    return this.#byInstance.get(instance) ?? nothing("");
  }

  /** The instance of a container that was started, and whose end has not been told. */
  livingInstance(id: string): string | undefined {
    let found: string | undefined;
    for (const [instance, told] of this.#byInstance) {
      if (told.id === id && instance !== "") found = told.exits.has("init") ? undefined : instance;
    }
    return found;
  }

  #add({ type, id, pid, instance, timestamp }: Event): void {
    const told = this.#byInstance.get(instance) ?? nothing(id);
    this.#byInstance.set(instance, told);
    if (type === "start-container") {
      told.started = true;
      told.starts.set("init", timestamp);
    }
    if (type === "start-process") told.starts.set(pid, timestamp);
    if (type === "exit") told.exits.set(pid, timestamp);
    if (type === "pause" || type === "resume") told.paused = type === "pause";
    if (type === "oom") told.ooms += 1n;
  }
}

function nothing(id: string): Told {
  return { id, started: false, starts: new Map(), exits: new Map(), paused: undefined, ooms: 0n };
}
