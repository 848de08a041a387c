import { defaultAddress } from "./address.ts";
import type { CallOptions } from "./call.ts";
import type { TlsOptions } from "./connecting.ts";
import { Containers } from "./containers.ts";
import { ContainerdError } from "./errors.ts";
import { type ContainerEvent, type EventsOptions, followEvents } from "./events.ts";
import { Feeds } from "./feed.ts";
import { Rpc } from "./rpc.ts";
import type { Machine, Version } from "./views.ts";

/** HealthCheckResponse.ServingStatus.SERVING */
const serving = 1;

export interface ConnectOptions {
  /** `unix:///path`, `/path`, or `tcp://host:port`; unix:///run/containerd/containerd.sock unless given. */
  readonly address?: string | undefined;
  /** For tcp://; without it the connection is not encrypted. */
  readonly tls?: TlsOptions | undefined;
  /** How long a connection may take to be made, in milliseconds; 5,000 unless given. */
  readonly connectTimeout?: number | undefined;
  /** Where directories for the FIFOs of piped streams are made; the daemon must see them. The system's /tmp unless given. */
  readonly stdioDirectory?: string | undefined;
}

/** A client of one daemon. Nothing is connected until the first call, and an idle connection keeps no program alive. */
export class Client implements AsyncDisposable {
  readonly containers: Containers;
  readonly #rpc: Rpc;

  /** @internal: use `connect` */
  constructor(options: ConnectOptions) {
    const { address = defaultAddress, tls, connectTimeout, stdioDirectory } = options;
    this.#rpc = new Rpc({ address, tls, connectTimeout });
    this.containers = new Containers({ rpc: this.#rpc, feeds: new Feeds(this.#rpc), stdioDirectory });
  }

  async version(options: CallOptions = {}): Promise<Version> {
    const { major, minor, patch, revision } = await this.#rpc.unary("getServerVersion", {}, options);
    return { version: `${major}.${minor}.${patch}`, revision };
  }

  /** The machine that the daemon runs on. */
  async machine(options: CallOptions = {}): Promise<Machine> {
    const { machine } = await this.#rpc.unary("state", {}, options);
    return { cpus: machine?.cpus ?? 0, memory: machine?.memory ?? 0n };
  }

  /** Whether the daemon answers its health check with SERVING; a daemon that cannot be reached does not. */
  async healthy(options: CallOptions = {}): Promise<boolean> {
    try {
      const { status } = await this.#rpc.unary("healthCheck", {}, options);
      return status === serving;
    } catch (error) {
      if (error instanceof ContainerdError) return false;
      throw error;
    }
  }

  /** What happens to containers: each event once and in order, over broken connections and the daemon's restarts. */
  events(options: EventsOptions = {}): AsyncGenerator<ContainerEvent, void, undefined> {
    return followEvents(this.#rpc, options);
  }

  /** Ends the connection and every call on it. Containers go on. */
  async close(): Promise<void> {
    await this.#rpc.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * A client of the daemon at an address.
 *
 * @throws InvalidArgument when the address is none
 */
export function connect(options: ConnectOptions = {}): Client {
  return new Client(options);
}
