import type { Event } from "../events/event.ts";
import type { EventHub } from "../events/hub.ts";

/** What the event log says of one life of a container, as far as the log goes back. */
export interface Told {
  id: string;
  /** Whether its start-container is there: then everything after that is, too. */
  started: boolean;
  /** Each process's last event: an exec's name may be used again. */
  readonly last: Map<string, "start" | "exit">;
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
      if (told.id === id && instance !== "") found = told.last.get("init") === "exit" ? undefined : instance;
    }
    return found;
  }

  #add({ type, id, pid, instance }: Event): void {
    const told = this.#byInstance.get(instance) ?? nothing(id);
    this.#byInstance.set(instance, told);
    if (type === "start-container") {
      told.started = true;
      told.last.set("init", "start");
    }
    if (type === "start-process") told.last.set(pid, "start");
    if (type === "exit") told.last.set(pid, "exit");
    if (type === "pause" || type === "resume") told.paused = type === "pause";
    if (type === "oom") told.ooms += 1n;
  }
}

function nothing(id: string): Told {
  return { id, started: false, last: new Map(), paused: undefined, ooms: 0n };
}
