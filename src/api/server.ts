import type { Duplex } from "node:stream";
import { type ConnectionInjector, Server, ServerCredentials } from "@grpc/grpc-js";
import { Failure, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Api } from "./api.ts";
import { AuthorityFilter } from "./authority/filter.ts";
import { statusOf } from "./errors.ts";
import { guardStreams } from "./guard-streams.ts";
import { addHealth } from "./health.ts";
import { addMethods } from "./methods/index.ts";
import { addStreams } from "./streams/index.ts";

/** The longest request, in bytes; gRPC's usual limit. A longer one is refused, and costs its own call. */
const longestRequest = 4 * 1024 * 1024;

export interface ApiServerOptions extends Api {
  readonly log: Logger;
}

/** types.API, containerd_ts.streams.v1.Streams and grpc.health.v1.Health on connections that somebody else accepts. */
export class ApiServer {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #connections = new Set<Duplex>();
  readonly #stopping = new AbortController();
  readonly #calls = new Map<string, number>();

  constructor({ log, ...api }: ApiServerOptions) {
    this.#server = new Server({
      "grpc.max_receive_message_length": longestRequest,
      "grpc.enable_channelz": 0,
    });
    const observe = (method: string, seconds: number, error?: unknown): void => {
      this.#calls.set(method, (this.#calls.get(method) ?? 0) + 1);
      if (error === undefined) return;
      const { code, details } = statusOf(error);
      log.debug("call failed", { method, code, error: details, seconds });
      // No Failure: nobody thought of it, and the stack says where it was.
      if (!(error instanceof Failure)) {
        log.error("call failed", {
          method,
          error: messageOf(error),
          stack: error instanceof Error ? error.stack : "",
        });
      }
    };
    guardStreams(this.#server, log);
    const to = { server: this.#server, observe, stopping: this.#stopping.signal };
    addMethods(to, api);
    addStreams(to, api);
    addHealth(to);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** Serves one connection until it ends. Whatever it sends costs no other one anything. */
  accept(socket: Duplex): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    this.#injector.injectConnection(new AuthorityFilter(socket));
  }

  /** What a dump of the daemon says. */
  describe(): Record<string, unknown> {
    return { connections: this.#connections.size, calls: Object.fromEntries(this.#calls) };
  }

  /**
   * Takes no more calls, gives those under way some time, then ends all connections.
   *
   * @param grace milliseconds
   */
  async close(grace: number): Promise<void> {
    this.#stopping.abort(new Failure("UNAVAILABLE", "containerd is stopping"));
    this.#injector.drain(grace);
    const closed = Promise.all(
      [...this.#connections].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, grace).unref())]);
    for (const socket of this.#connections) socket.destroy();
    this.#server.forceShutdown();
  }
}
