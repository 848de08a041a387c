import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { codeOf, Failure, messageOf } from "../base/errors.ts";
import { Fields } from "../base/fields.ts";
import type { Logger } from "../base/logger.ts";
import { lineSplitter } from "./lines.ts";
import {
  type ExitPush,
  LONGEST_REQUEST,
  type MethodName,
  type Methods,
  OLDEST_VERSION,
  PROTOCOL_VERSION,
  type Reply,
} from "./protocol.ts";
import { adoptRequest, launchRequest, pid, processKey } from "./requests.ts";
import type { Shim } from "./shim.ts";

export interface ServerNeeds {
  readonly name: string;
  readonly log: Logger;
  /** A connection has come or gone. */
  readonly onRest: () => void;
}

/** The shim's socket. One daemon at a time: the one that says hello last, since it can only be the living one. */
export class ShimServer {
  readonly #needs: ServerNeeds;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #shim: Shim | undefined;
  #daemon: Socket | undefined;

  constructor(needs: ServerNeeds) {
    this.#needs = needs;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Those who may connect may do everything: only the owner. */
  async listen(path: string, shim: Shim): Promise<void> {
    this.#shim = shim;
    const before = process.umask(0o177);
    const listening = Promise.withResolvers<void>();
    try {
      this.#server.once("error", listening.reject);
      this.#server.listen(path, listening.resolve);
    } finally {
      process.umask(before);
    }
    await listening.promise;
    chmodSync(path, 0o600);
  }

  get connections(): number {
    return this.#connections.size;
  }

  tell(push: ExitPush): void {
    if (this.#daemon !== undefined) send(this.#daemon, push);
  }

  /** Removes the socket too. */
  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    const split = lineSplitter((line) => void this.#hear(socket, line), LONGEST_REQUEST);
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      try {
        split(piece);
      } catch (error) {
        this.#needs.log.warn("a connection is ended", { reason: messageOf(error) });
        socket.destroy();
      }
    });
    socket.on("error", (error) => this.#needs.log.warn("a connection failed", { reason: error.message }));
    socket.on("close", () => {
      this.#connections.delete(socket);
      if (this.#daemon === socket) this.#daemon = undefined;
      this.#needs.onRest();
    });
  }

  async #hear(socket: Socket, line: string): Promise<void> {
    let seq = 0;
    let method = "";
    try {
      const fields = Fields.parse("a request to the shim", line);
      seq = fields.integer("seq", 0, Number.MAX_SAFE_INTEGER);
      method = fields.string("method");
      if (method === "hello") this.#hello(socket, seq, fields);
      else send(socket, { seq, ok: await this.#answer(socket, method, fields) });
    } catch (error) {
      send(socket, { seq, error: { code: codeOf(error), message: messageOf(error) } });
      if (method === "hello") socket.end();
    }
  }

  async #answer(socket: Socket, method: string, fields: Fields): Promise<Methods[MethodName]["answer"]> {
    const shim = this.#shim;
    if (shim === undefined || this.#daemon !== socket)
      throw new Failure("FAILED_PRECONDITION", "shim error: a connection begins with hello");
    switch (method) {
      case "launch":
        return await shim.launch(launchRequest(fields));
      case "abort":
        await shim.abort(processKey(fields));
        return {};
      case "resize": {
        const size = { width: fields.integer("width", 0, 65535), height: fields.integer("height", 0, 65535) };
        shim.resize({ ...processKey(fields), ...size });
        return {};
      }
      case "closeStdin":
        shim.closeStdin(processKey(fields));
        return {};
      case "list":
        return { processes: shim.list() };
      case "ack":
        shim.acknowledge({ ...processKey(fields), pid: pid(fields, "pid") });
        return {};
      case "adopt":
        return { held: shim.adopt(adoptRequest(fields)) };
      default:
        throw new Failure(
          "UNIMPLEMENTED",
          `shim error: this shim (protocol ${PROTOCOL_VERSION}) knows no ${method}`,
        );
    }
  }

  /** In one go, so that no exit comes twice: once because it happens just now, and once because it is told again. */
  #hello(socket: Socket, seq: number, fields: Fields): void {
    const asked = fields.integer("version", 0, Number.MAX_SAFE_INTEGER);
    const { name } = this.#needs;
    if (asked < OLDEST_VERSION) {
      const spoken = `versions ${OLDEST_VERSION} to ${PROTOCOL_VERSION} of the protocol`;
      throw new Failure(
        "FAILED_PRECONDITION",
        `shim error: shim ${name} (pid ${process.pid}) speaks ${spoken}, and the daemon asks for ${asked}`,
      );
    }
    if (this.#daemon !== socket) this.#daemon?.destroy();
    this.#daemon = socket;
    send(socket, { seq, ok: { version: Math.min(asked, PROTOCOL_VERSION), pid: process.pid, name } });
    this.#shim?.tellAll();
  }
}

function send(socket: Socket, reply: Reply): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
}
