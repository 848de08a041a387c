import { readdirSync, rmSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { firstOf, withTimeout } from "../../base/deadline.ts";
import { Failure, messageOf } from "../../base/errors.ts";
import { isId } from "../../base/ids.ts";
import type { Container } from "../../runtime/container.ts";
import { type ProcessKey, ShimConnection, type ShimExit, type ShimProcess } from "../../shim/client/index.ts";
import type { Children } from "../../sys/children.ts";
import type { Member } from "../containers.ts";
import type { Context } from "../context.ts";
import { ShimLink } from "./link.ts";
import { startShim } from "./start.ts";

/** How long a shim that was just started may take to listen. */
const startMs = 20_000;
/** How long a shim that listens may take to answer. */
const answerMs = 10_000;
const shared = "shared";
/** A shim that dies and dies is started more and more seldom: pauses in ms, and after how long it counts as well again. */
const firstPause = 100;
const longestPause = 10_000;
const wellAfter = 60_000;

interface Hooks {
  /** A shim says that a process has ended. */
  readonly onExit: (link: () => ShimLink | undefined, exit: ShimExit) => void;
  /** A shim has gone away: its processes are the daemon's to watch now. @returns those that go on */
  readonly onGone: (name: string) => readonly Member[];
}

/** The shims of this daemon: found again, started when they are needed, and told what may be forgotten. */
export class Shims {
  readonly #context: () => Context;
  readonly #children: Children;
  readonly #hooks: Hooks;
  readonly #links = new Map<string, Promise<ShimLink>>();
  readonly #current = new Map<string, ShimLink>();
  /** Terminals and stdins on their way to the shims that take the place of dead ones. */
  readonly #recovering = new Map<string, Promise<void>>();
  readonly #deaths = new Map<string, { readonly at: number; readonly pause: number }>();
  /** Those that live and cannot be spoken with: hung, or of another version. */
  readonly #unusable = new Set<string>();
  readonly #closing = new AbortController();

  constructor(context: () => Context, children: Children, hooks: Hooks) {
    this.#context = context;
    this.#children = children;
    this.#hooks = hooks;
  }

  /** The shim that is to serve a new container. */
  nameFor(id: string): string {
    if (this.#context().settings.shimPerContainer) return id;
    let name = shared;
    for (let next = 2; this.#unusable.has(name); next += 1) name = `${shared}${next}`;
    return name;
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
      this.#isOwn(name, container) ? container : undefined,
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
    const ms = awaited ? startMs : answerMs;
    using until = firstOf(this.#closing.signal, ...(signal === undefined ? [] : [signal]));
    using limit = withTimeout(
      until.signal,
      ms,
      () =>
        new Failure("FAILED_PRECONDITION", `shim error: shim ${name} did not answer within ${ms / 1000} s`),
    );
    let link: ShimLink | undefined;
    let connection: ShimConnection;
    try {
      connection = await ShimConnection.connect({
        ...{ socket: state.shim(name).socket, daemonPid: process.pid, awaited, signal: limit.signal },
        onExit: (exit) => this.#hooks.onExit(() => link ?? this.#current.get(name), exit),
      });
    } catch (error) {
      if (error instanceof Failure && error.code === "FAILED_PRECONDITION") this.#unusable.add(name);
      throw error;
    }
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
    if (this.#closing.signal.aborted) return;
    this.#context().metrics.count("shim-deaths");
    const orphans = this.#hooks.onGone(name);
    const holding = orphans.filter(
      ({ process }) => Object.keys(process.held).length > 0 || process.record.log !== undefined,
    );
    if (holding.length === 0) return;
    const recovering = this.#recover(name, holding).finally(() => {
      if (this.#recovering.get(name) === recovering) this.#recovering.delete(name);
    });
    this.#recovering.set(name, recovering);
  }

  /** Gives terminals and stdins of a dead shim's processes to the one that takes its place. */
  async #recover(name: string, members: readonly Member[]): Promise<void> {
    await pause(this.#pauseAfterDeath(name), undefined, { ref: false });
    for (const member of members) {
      // one that has died as well is seen to by its own death
      if (!(await this.recover(member)) && !this.#current.has(name)) return;
    }
  }

  /**
   * Gives one process's terminal, stdin and log to the shim that takes the place of a dead one.
   *
   * @returns false where that one has died, too
   */
  async recover(member: Member): Promise<boolean> {
    if (this.#closing.signal.aborted || member.process.state.kind !== "running") return true;
    try {
      await this.#adopt(member);
    } catch (error) {
      if (error instanceof Failure && error.code === "UNAVAILABLE") return false;
      this.#context().logger.error("a terminal, stdin or log could not be given to another shim", {
        ...{ id: member.container.id, process: member.process.name, reason: messageOf(error) },
      });
    }
    return true;
  }

  /** @returns ms: nothing after a first death, then more and more */
  #pauseAfterDeath(name: string): number {
    const last = this.#deaths.get(name);
    const now = performance.now();
    const again = last !== undefined && now - last.at < wellAfter;
    const ms = again ? Math.min(longestPause, Math.max(firstPause, 2 * last.pause)) : 0;
    this.#deaths.set(name, { at: now, pause: ms });
    return ms;
  }

  /** Whether it is the shim of that container alone. */
  #isOwn(name: string, container: Container | undefined): boolean {
    return container?.id === name && !this.#isShared(name);
  }

  #isShared(name: string): boolean {
    return /^shared\d*$/.test(name);
  }

  /** Every shim that left a directory, connected where it lives, with the processes that it knows. */
  async reconnect(): Promise<Map<string, readonly ShimProcess[]>> {
    const { state, logger } = this.#context();
    const found = new Map<string, readonly ShimProcess[]>();
    const entries = readdirSync(state.shims, { withFileTypes: true });
    const names = entries.flatMap((entry) => (entry.isDirectory() && isId(entry.name) ? [entry.name] : []));
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
    this.forget(container.record.shim, { container: container.id, process }, pid);
  }

  /** The same, of a container that is gone. */
  forget(name: string, { container, process }: ProcessKey, pid: number): void {
    // a shim that is gone has nothing to forget, and one that comes later was never told
    const link = this.#current.get(name);
    link?.connection.ack({ container, process }, pid).catch(() => {});
  }

  /** The container is gone: a shim of its own may go too, which it does when nobody is connected any more. */
  release(container: Container): void {
    const name = container.record.shim;
    if (!this.#isOwn(name, container)) return;
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

  /** Ends the connection with a shim that no container needs: where it has nothing left, it ends itself. */
  dropUnneeded(needed: ReadonlySet<string>): void {
    for (const [name, link] of [...this.#current]) {
      if (needed.has(name) || this.#isShared(name)) continue;
      this.#current.delete(name);
      this.#links.delete(name);
      link[Symbol.dispose]();
    }
  }

  /**
   * Says something of a process to its shim, or to the one that has taken its place. One that knows nothing of the process has nothing to
   * do, and where there is none, nobody holds anything.
   */
  async tell(container: Container, say: (connection: ShimConnection) => Promise<void>): Promise<void> {
    const name = container.record.shim;
    for (let attempt = 1; ; attempt += 1) {
      await this.#recovering.get(name);
      const link = await this.#links.get(name)?.catch(() => undefined);
      if (link === undefined) return;
      try {
        await say(link.connection);
        return;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.code === "NOT_FOUND") return;
        if (error.code !== "UNAVAILABLE" || attempt === 3) throw error;
      }
    }
  }

  async #adopt({ container, process }: Member): Promise<void> {
    if (process.state.kind !== "running") return;
    const { pid, startTime } = process.state;
    const link = await this.get(container.record.shim, container);
    const key = { container: container.id, process: process.name };
    const { held } = process;
    await link.connection.adopt({ ...key, directory: process.directory.path, pid, startTime, held });
  }

  /** Leaves the shims to themselves, and their containers to them. */
  close(): void {
    this.#closing.abort(new Failure("UNAVAILABLE", "the daemon is stopping"));
    for (const link of this.#current.values()) link.connection[Symbol.dispose]();
  }
}
