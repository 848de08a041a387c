import type { Socket } from "node:net";
import { Failure, messageOf } from "../../base/errors.ts";
import { lineSplitter } from "../lines.ts";
import type { ExitPush, MethodName, Methods, Reply } from "../protocol.ts";

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (failure: Failure) => void;
}

/** Requests and their answers on one connection. */
export class Calls {
  /** Resolves when the connection has ended, whoever ended it; every call is answered by then. */
  readonly closed: Promise<void>;
  /** How the shim is called in messages. */
  who = "the shim";
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #onExit: (exit: ExitPush) => void;
  #seq = 0;
  #ended: Failure | undefined;

  constructor(socket: Socket, onExit: (exit: ExitPush) => void) {
    this.#socket = socket;
    this.#onExit = onExit;
    const split = lineSplitter((line) => this.#hear(JSON.parse(line) as Reply));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    let reason: unknown;
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      try {
        split(piece);
      } catch (error) {
        socket.destroy(new Error(`what it sent is not understood: ${messageOf(error)}`));
      }
    });
    socket.on("error", (error) => {
      reason = error;
    });
    socket.on("close", () => {
      this.#end(reason);
      resolve();
    });
  }

  call<Name extends MethodName>(method: Name, ask: Methods[Name]["ask"]): Promise<Methods[Name]["answer"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const seq = ++this.#seq;
    const { promise, resolve, reject } = Promise.withResolvers<Methods[Name]["answer"]>();
    this.#pending.set(seq, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ seq, method, ...ask })}\n`);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(reply: Reply): void {
    if ("push" in reply) {
      // A newer shim may push what this program does not know. Not at once: the launch that was answered in the same piece is to go on
      // before its exit is told.
      if (reply.push === "exit") setImmediate(() => this.#onExit(reply));
      return;
    }
    const pending = this.#pending.get(reply.seq);
    this.#pending.delete(reply.seq);
    if (pending === undefined) return;
    if ("error" in reply) pending.reject(new Failure(reply.error.code, reply.error.message));
    else pending.resolve(reply.ok as never);
  }

  #end(reason: unknown): void {
    const because = reason === undefined ? "" : `: ${messageOf(reason)}`;
    const ended = new Failure("UNAVAILABLE", `shim error: the connection to ${this.who} has ended${because}`);
    this.#ended = ended;
    for (const pending of this.#pending.values()) pending.reject(ended);
    this.#pending.clear();
  }
}
