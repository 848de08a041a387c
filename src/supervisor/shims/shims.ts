import { readdirSync, rmSync, statSync } from "node:fs";
import { withTimeout } from "../../base/deadline.ts";
import { Failure, messageOf } from "../../base/errors.ts";
import { isId } from "../../base/ids.ts";
import type { Container } from "../../runtime/container.ts";
import type { Process } from "../../runtime/process.ts";
import { ShimConnection, type ShimExit, type ShimProcess } from "../../shim/client/index.ts";
import type { Children } from "../../sys/children.ts";
import type { Context } from "../context.ts";
import { ShimLink } from "./link.ts";
import { startShim } from "./start.ts";

/** How long a shim that was just started may take to listen. */
const startMs = 20_000;
const shared = "shared";

interface Hooks {
  /** A shim says that a process has ended. */
  readonly onExit: (link: () => ShimLink | undefined, exit: ShimExit) => void;
  /** A shim has gone away: its processes are the daemon's to watch now. */
  readonly onGone: (name: string) => void;
}

/** The shims of this daemon: found again, started when they are needed, and told what may be forgotten. */
export class Shims {
  readonly #context: () => Context;
  readonly #children: Children;
  readonly #hooks: Hooks;
  readonly #links = new Map<string, Promise<ShimLink>>();
  readonly #current = new Map<string, ShimLink>();
  #closing = false;

  constructor(context: () => Context, children: Children, hooks: Hooks) {
    this.#context = context;
    this.#children = children;
    this.#hooks = hooks;
  }

  /** The shim that is to serve a new container. */
  nameFor(id: string): string {
    return this.#context().settings.shimPerContainer ? id : shared;
  }

  /** The shims that are connected, for those who want to know how the daemon is doing. */
  get connected(): readonly string[] {
    return [...this.#current.keys()];
  }

  /** The shim of that name: connected already, found by its socket, or started now. */
  get(name: string, container?: Container): Promise<ShimLink> {
    const found = this.#links.get(name);
    if (found !== undefined) return found;
    const opening = this.#connect(name, false).catch(async (error: unknown) => {
      if (!(error instanceof Failure && error.code === "NOT_FOUND")) throw error;
      return await this.#start(name, container);
    });
    return this.#keep(name, opening);
  }

  /** The shim of that name where it lives; undefined where nobody listens any more. */
  async find(name: string): Promise<ShimLink | undefined> {
    const found = this.#links.get(name);
    if (found !== undefined) return await found.catch(() => undefined);
    try {
      return await this.#keep(name, this.#connect(name, false));
    } catch (error) {
      if (!(error instanceof Failure && error.code === "NOT_FOUND")) {
        this.#context().logger.error("could not connect to a shim", { shim: name, error: messageOf(error) });
      }
      return undefined;
    }
  }

  #keep(name: string, opening: Promise<ShimLink>): Promise<ShimLink> {
    this.#links.set(name, opening);
    opening.catch(() => {
      if (this.#links.get(name) === opening) this.#links.delete(name);
    });
    return opening;
  }

  async #start(name: string, container: Container | undefined): Promise<ShimLink> {
    const { sys, state, settings, logger } = this.#context();
    const { pid, ended } = startShim(
      { sys, children: this.#children, state, program: settings.shim },
      name,
      name === shared ? undefined : container,
    );
    logger.debug("started a shim", { shim: name, pid });
    const died = new AbortController();
    const early = (): void =>
      died.abort(
        new Failure(
          "UNAVAILABLE",
          `shim error: shim ${name} ended before it listened; its log is ${state.shim(name).log}`,
        ),
      );
    ended.then(early, early);
    return await this.#connect(name, true, died.signal);
  }

  async #connect(name: string, awaited: boolean, signal?: AbortSignal): Promise<ShimLink> {
    const { sys, state } = this.#context();
    using limit = withTimeout(
      signal,
      startMs,
      () => new Failure("UNAVAILABLE", `shim error: shim ${name} did not listen within ${startMs / 1000} s`),
    );
    let link: ShimLink | undefined;
    const connection = await ShimConnection.connect({
      ...{ socket: state.shim(name).socket, daemonPid: process.pid, awaited, signal: limit.signal },
      onExit: (exit) => this.#hooks.onExit(() => link ?? this.#current.get(name), exit),
    });
    try {
      link = new ShimLink(sys, connection);
    } catch (error) {
      connection[Symbol.dispose]();
      throw new Failure("UNAVAILABLE", `shim error: shim ${name} went away: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#current.set(name, link);
    const opened = link;
    void connection.closed.then(() => this.#gone(name, opened));
    return link;
  }

  #gone(name: string, link: ShimLink): void {
    if (this.#current.get(name) !== link) return;
    this.#current.delete(name);
    this.#links.delete(name);
    link[Symbol.dispose]();
    if (this.#closing) return;
    this.#context().metrics.count("shim-deaths");
    this.#hooks.onGone(name);
  }

  /** Every shim that left a directory, connected where it lives, with the processes that it knows. */
  async reconnect(): Promise<Map<string, readonly ShimProcess[]>> {
    const { state, logger } = this.#context();
    const found = new Map<string, readonly ShimProcess[]>();
    const names = readdirSync(state.shims).filter(isId);
    await Promise.all(
      names.map(async (name) => {
        const link = await this.find(name);
        if (link === undefined) return this.#sweep(name);
        try {
          found.set(name, await link.connection.list());
        } catch (error) {
          logger.error("a shim did not say what it has", { shim: name, error: messageOf(error) });
        }
      }),
    );
    return found;
  }

  /** Removes a dead shim's directory: its socket is nobody's, and its log is kept only where it says something. */
  #sweep(name: string): void {
    const { path, socket, log } = this.#context().state.shim(name);
    rmSync(socket, { force: true });
    const { size } = statSync(log, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size === 0) rmSync(path, { recursive: true, force: true });
  }

  /** The exit is in the event log: the shim need not tell it again. */
  acknowledge(container: Container, process: string, pid: number): void {
    const link = this.#current.get(container.record.shim);
    // a shim that is gone has nothing to forget, and one that comes later was never told
    link?.connection.ack({ container: container.id, process }, pid).catch(() => {});
  }

  /** The container is gone: a shim of its own may go too, which it does when nobody is connected any more. */
  release(container: Container): void {
    const name = container.record.shim;
    if (name === shared) return;
    const link = this.#current.get(name);
    if (link === undefined) {
      this.#sweep(name);
      return;
    }
    this.#current.delete(name);
    this.#links.delete(name);
    void link.connection.closed.then(() => link[Symbol.dispose]());
    link.connection
      .ack({ container: container.id, process: "init" }, container.init?.pid ?? 0)
      .catch(() => {})
      .finally(() => link.connection[Symbol.dispose]());
  }

  /** Says something of a process to its shim, started anew where it has died; a shim that knows nothing of it has nothing to do. */
  async tell(container: Container, say: (connection: ShimConnection) => Promise<void>): Promise<void> {
    const link = await this.get(container.record.shim, container);
    try {
      await say(link.connection);
    } catch (error) {
      if (!(error instanceof Failure && error.code === "NOT_FOUND")) throw error;
    }
  }

  /** Hands terminal and stdin of a process whose shim died to the shim that took its place. */
  async adopt(container: Container, process: Process): Promise<void> {
    if (process.state.kind !== "running" || Object.keys(process.held).length === 0) return;
    const { pid, startTime } = process.state;
    const link = await this.get(container.record.shim, container);
    const key = { container: container.id, process: process.name };
    await link.connection.adopt({
      ...key,
      directory: process.directory.path,
      pid,
      startTime,
      held: process.held,
    });
  }

  /** Leaves the shims to themselves, and their containers to them. */
  close(): void {
    this.#closing = true;
    for (const link of this.#current.values()) link.connection[Symbol.dispose]();
  }
}
