import { join } from "node:path";

/**
 * Where everything is in the state directory; docs/STATE.md is the contract. Ids and names are checked (base/ids) before a path is made
 * of them.
 */
export class StateDir {
  readonly path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.path = path;
  }

  get lock(): string {
    return join(this.path, "lock");
  }

  get eventsLog(): string {
    return join(this.path, "events.log");
  }

  get shims(): string {
    return join(this.path, "shims");
  }

  get containers(): string {
    return join(this.path, "containers");
  }

  container(id: string): ContainerDir {
    return new ContainerDir(join(this.containers, id));
  }

  shim(name: string): ShimDir {
    const path = join(this.shims, name);
    return { path, socket: join(path, "socket"), log: join(path, "log") };
  }
}

export interface ShimDir {
  readonly path: string;
  readonly socket: string;
  readonly log: string;
}

/** containers/ID: one container's life. */
export class ContainerDir {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get stateFile(): string {
    return `${this.path}/state.json`;
  }

  /** How many kills for want of memory have been told. With a dot, as no process may be called: its directory would be in the way. */
  get oomFile(): string {
    return `${this.path}/.oom`;
  }

  process(name: string): ProcessDir {
    return new ProcessDir(`${this.path}/${name}`);
  }
}

/** containers/ID/PROCESS: one process, init or exec. Written by daemon (process.json) and shim (the others). */
export class ProcessDir {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get processFile(): string {
    return `${this.path}/process.json`;
  }

  /** Written by the runtime: the pid on the host. */
  get pidFile(): string {
    return `${this.path}/pid`;
  }

  /** Written once the pid is known: pid, start time and boot id, which together are one process for good. */
  get identityFile(): string {
    return `${this.path}/starttime`;
  }

  /** Written when the process's start is in the event log; an init's holds its cgroups. */
  get startedFile(): string {
    return `${this.path}/started`;
  }

  get exitFile(): string {
    return `${this.path}/exitStatus`;
  }

  /** The runtime's own log, from which a failure takes its message. */
  get runtimeLog(): string {
    return `${this.path}/log.json`;
  }

  /** What the shim reads a logged stream from: found here again by the shim that takes the place of a dead one. */
  logFifo(stream: "stdout" | "stderr"): string {
    return `${this.path}/${stream}.fifo`;
  }
}
