import { Failure } from "../base/errors.ts";
import type { ContainerRecord } from "../state/container-record.ts";
import type { ContainerDir } from "../state/layout.ts";
import type { Cgroups } from "./cgroup/cgroups.ts";
import type { Process } from "./process.ts";

/** How far a container is in its life. Whether it is paused is the kernel's to say: see cgroup/freezer. */
export type ContainerState =
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  /** Its init has ended; what is left of it is being removed. */
  | { readonly kind: "ending" };

/** 0.2.x's text for what can be done only to a container that runs. */
export function notRunning(id: string, cause?: unknown): Failure {
  const message = `containerd: container not started: the init of ${id} has ended`;
  return new Failure("FAILED_PRECONDITION", message, { cause });
}

/** A container that the daemon knows: from the moment its directory is there to the moment its exit is told. */
export class Container {
  readonly record: ContainerRecord;
  readonly directory: ContainerDir;
  readonly processes = new Map<string, Process>();
  /** Where its processes are accounted; found while init runs, good for as long as the cgroups are there. */
  cgroups: Cgroups | undefined;
  /**
   * No runtime can delete it: its init cannot end as long as nobody reaps its zombies, or the runtime has lost what it knew of it.
   */
  stuck = false;
  /** Stops the watch for OOM kills. */
  oomWatch: Disposable | undefined;
  readonly #ending = new AbortController();
  #state: ContainerState = { kind: "starting" };

  constructor(record: ContainerRecord, directory: ContainerDir) {
    this.record = record;
    this.directory = directory;
  }

  get id(): string {
    return this.record.id;
  }

  get state(): ContainerState {
    return this.#state;
  }

  get init(): Process | undefined {
    return this.processes.get("init");
  }

  /** Aborts what is being started in the container when its init has ended. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** starting → running */
  started(): void {
    if (this.#state.kind === "starting") this.#state = { kind: "running" };
  }

  /** Anything → ending. @returns false where it was so already */
  end(): boolean {
    if (this.#state.kind === "ending") return false;
    this.#state = { kind: "ending" };
    this.#ending.abort(notRunning(this.id));
    return true;
  }
}
