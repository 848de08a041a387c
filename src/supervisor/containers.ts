import { Failure } from "../base/errors.ts";
import { type Container, notRunning } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";

/** 0.2.x's texts: Docker matches them. */
export const containerNotFound = "containerd: container not found";
export const processNotFound = "containerd: process not found for container";

export interface Member {
  readonly container: Container;
  readonly process: Process;
}

/** Every container that the daemon knows, and its running processes by their pids on the host. */
export class Containers {
  readonly #byId = new Map<string, Container>();
  readonly #byPid = new Map<number, Member>();

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** @throws NOT_FOUND with 0.2.x's text */
  require(id: string): Container {
    const container = this.#byId.get(id);
    if (container === undefined || container.state.kind === "starting")
      throw new Failure("NOT_FOUND", containerNotFound);
    return container;
  }

  /** @throws NOT_FOUND with 0.2.x's text; FAILED_PRECONDITION for one whose init has ended */
  requireRunning(id: string): Container {
    const container = this.require(id);
    if (container.state.kind === "ending") throw notRunning(id);
    return container;
  }

  /** @throws NOT_FOUND with 0.2.x's texts */
  requireProcess(id: string, name: string): Member {
    const container = this.require(id);
    const process = container.processes.get(name);
    if (process === undefined || process.state.kind === "starting")
      throw new Failure("NOT_FOUND", processNotFound);
    return { container, process };
  }

  add(container: Container): void {
    this.#byId.set(container.id, container);
  }

  remove(container: Container): void {
    if (this.#byId.get(container.id) === container) this.#byId.delete(container.id);
  }

  /** A pid that this daemon has seen alive, and that nobody has reaped since, is one process. */
  addPid(pid: number, member: Member): void {
    this.#byPid.set(pid, member);
  }

  removePid(pid: number): void {
    this.#byPid.delete(pid);
  }

  byPid(pid: number): Member | undefined {
    return this.#byPid.get(pid);
  }

  /** In the order of their creation. */
  all(): Container[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
  }
}
