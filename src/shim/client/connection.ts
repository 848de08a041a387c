import { abortFailure, raceAbort } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import {
  type ExitPush,
  type Held,
  type LaunchRequest,
  type ListedProcess,
  OLDEST_VERSION,
  PROTOCOL_VERSION,
  type ProcessKey,
} from "../protocol.ts";
import { Calls } from "./calls.ts";
import { connect } from "./connect.ts";

export interface ConnectOptions {
  /** The path of the shim's socket, of any length. */
  readonly socket: string;
  /** The pid under which the caller holds descriptors. */
  readonly daemonPid: number;
  /**
   * A process ended; its exit record is on the disk. Called once for each exit that is not acknowledged, also for those from before this
   * connection, which may come before `connect` has resolved. Never before the `launch` of its process has resolved.
   */
  readonly onExit: (exit: ShimExit) => void;
  /** A shim is being started there: try until it listens, or the signal aborts. */
  readonly awaited?: boolean;
  readonly signal?: AbortSignal;
}

export interface ShimExit extends ProcessKey {
  readonly pid: number;
  /** 0–255: the exit code, or 128 + the signal. */
  readonly status: number;
  /** ns since 1970 */
  readonly at: bigint;
}

export interface Launched {
  readonly pid: number;
  /** Clock ticks after boot; 0 where the process had ended before it could be looked at. */
  readonly startTime: bigint;
  /** Numbers of descriptors in the shim (`pid` of the connection), to be taken with pidfd_getfd. */
  readonly held: Held;
}

/** A process that the shim has not been allowed to forget. */
export type ShimProcess = ProcessKey & { readonly directory: string } & (
    | { readonly state: "launching" }
    | ({ readonly state: "running"; readonly adopted?: true } & Launched)
    | { readonly state: "ended"; readonly pid: number; readonly status: number; readonly at: bigint }
  );

export interface Adoption extends ProcessKey {
  readonly directory: string;
  readonly pid: number;
  readonly startTime: bigint;
  /** Numbers of descriptors in the process `daemonPid`, which keeps its own. */
  readonly held: Held;
}

/** The daemon's side of a shim's socket. Every call fails with UNAVAILABLE "shim error: …" once the connection has ended. */
export class ShimConnection implements Disposable {
  readonly #calls: Calls;
  readonly #daemonPid: number;
  readonly #hello: { readonly version: number; readonly pid: number; readonly name: string };

  private constructor(calls: Calls, daemonPid: number, hello: ShimConnection["hello"]) {
    this.#calls = calls;
    this.#daemonPid = daemonPid;
    this.#hello = hello;
  }

  /**
   * @throws NOT_FOUND where nobody listens, or a shim has ended before it answered; FAILED_PRECONDITION where the shim speaks no version that this program speaks; CANCELLED or
   * DEADLINE_EXCEEDED with the signal; UNAVAILABLE for anything else
   */
  static async connect(options: ConnectOptions): Promise<ShimConnection> {
    for (;;) {
      try {
        return await ShimConnection.#connect(options);
      } catch (error) {
        // One that was just ending; whoever is awaited comes after it.
        const gone = error instanceof Failure && error.code === "NOT_FOUND";
        if (!gone || options.awaited !== true) throw error;
      }
    }
  }

  static async #connect(options: ConnectOptions): Promise<ShimConnection> {
    const { socket: path, daemonPid, onExit, awaited = false, signal } = options;
    const socket = await connect(path, awaited, signal);
    const calls = new Calls(socket, (exit) => onExit(shimExit(exit)));
    try {
      const ask = { version: PROTOCOL_VERSION, daemonPid };
      const hello = await raceAbort(calls.call("hello", ask), signal).catch((error: unknown) => {
        throw error instanceof Failure && error.code === "UNAVAILABLE" ? nobody(path, error) : error;
      });
      if (!(hello.version >= OLDEST_VERSION && hello.version <= PROTOCOL_VERSION)) {
        const spoken = `${OLDEST_VERSION} to ${PROTOCOL_VERSION}`;
        const message = `shim error: shim ${hello.name} (pid ${hello.pid}) answers in version ${hello.version} of the protocol; this daemon speaks ${spoken}`;
        throw new Failure("FAILED_PRECONDITION", message);
      }
      calls.who = `shim ${hello.name} (pid ${hello.pid})`;
      return new ShimConnection(calls, daemonPid, hello);
    } catch (error) {
      calls.close();
      throw error;
    }
  }

  get hello(): { readonly version: number; readonly pid: number; readonly name: string } {
    return this.#hello;
  }

  /** The shim's pid. It may be gone and the number another's by the time that it is used: verify what a pidfd says. */
  get pid(): number {
    return this.#hello.pid;
  }

  get name(): string {
    return this.#hello.name;
  }

  /** Resolves when the connection has ended, by `close` too. */
  get closed(): Promise<void> {
    return this.#calls.closed;
  }

  /**
   * Starts, executes or restores what process.json says. An abort ends the launch, and the promise rejects when nothing is left of it; a
   * launch that was faster than its abort resolves all the same, and it is the caller's to undo.
   *
   * @throws the runtime's own failure, "oci runtime error: …"; the signal's failure
   */
  async launch(request: LaunchRequest, signal?: AbortSignal): Promise<Launched> {
    if (isAborted(signal)) throw abortFailure(signal);
    const { container, process } = request;
    // Its failure is the connection's end, which the launch is told too.
    const onAbort = (): void => void this.abort({ container, process }).catch(() => {});
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { pid, startTime, held } = await this.#calls.call("launch", request);
      return { pid, startTime: BigInt(startTime), held };
    } catch (error) {
      const cancelled = error instanceof Failure && error.code === "CANCELLED" && isAborted(signal);
      throw cancelled ? abortFailure(signal) : error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends a launch under way, of an earlier daemon too. Resolves when nothing is left of it, also where there was none. */
  async abort({ container, process }: ProcessKey): Promise<void> {
    await this.#calls.call("abort", { container, process });
  }

  /** @param width columns @param height rows @throws NOT_FOUND for a process that is not running here */
  async resize({ container, process }: ProcessKey, width: number, height: number): Promise<void> {
    await this.#calls.call("resize", { container, process, width, height });
  }

  /** The process reads the end of its stdin once the client has closed its side too. @throws NOT_FOUND as `resize` */
  async closeStdin({ container, process }: ProcessKey): Promise<void> {
    await this.#calls.call("closeStdin", { container, process });
  }

  async list(): Promise<ShimProcess[]> {
    return (await this.#calls.call("list", {})).processes.map(shimProcess);
  }

  /** The exit is in the event log: it is not pushed again. */
  async ack({ container, process }: ProcessKey, pid: number): Promise<void> {
    await this.#calls.call("ack", { container, process, pid });
  }

  /** Hands terminal and stdin of a process whose shim died to this one. @returns what this shim holds now, in its numbers */
  async adopt(adoption: Adoption): Promise<Held> {
    const { container, process, directory, pid, startTime, held } = adoption;
    const ask = { container, process, directory, pid, startTime: String(startTime), held };
    return (await this.#calls.call("adopt", { ...ask, daemonPid: this.#daemonPid })).held;
  }

  [Symbol.dispose](): void {
    this.#calls.close();
  }
}

function nobody(path: string, cause: Failure): Failure {
  return new Failure("NOT_FOUND", `shim error: the shim at ${path} has ended`, { cause });
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function shimExit({ container, process, pid, status, at }: ExitPush): ShimExit {
  return { container, process, pid, status, at: BigInt(at) };
}

function shimProcess(listed: ListedProcess): ShimProcess {
  switch (listed.state) {
    case "running":
      return { ...listed, startTime: BigInt(listed.startTime) };
    case "ended":
      return { ...listed, at: BigInt(listed.at) };
    default:
      return listed;
  }
}
