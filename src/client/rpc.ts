// Types only: the generated code is not loaded, see wire/schema.ts.
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Health } from "../gen/grpc/health/v1/health_pb.js";
import type { Streams } from "../gen/streams/v1/streams_pb.ts";
import type { API } from "../gen/types/api_pb.ts";
import { DecodeError, decode, encode, type Fields } from "../wire/codec.ts";
import { type Address, parseAddress } from "./address.ts";
import { type CallOptions, call, type InternalCallOptions, isAborted } from "./call.ts";
import type { TlsOptions } from "./connecting.ts";
import { Cancelled, Internal } from "./errors.ts";
import { Sessions } from "./session.ts";

type Methods = (typeof API)["method"] &
  (typeof Streams)["method"] & { healthCheck: (typeof Health)["method"]["check"] };

/** The calls of the API, by their names in it with a small first letter, and the health check. */
export type MethodName = Exclude<keyof Methods, "events" | "logs">;
export type Request<K extends keyof Methods> = MessageInitShape<Methods[K]["input"]>;
export type Answer<K extends keyof Methods> = Plain<MessageShape<Methods[K]["output"]>>;

/** A message without what protoc-gen-es adds to it. */
export type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [K in keyof T as K extends `$${string}` ? never : K]: Plain<T[K]> }
    : T;

export interface RpcOptions {
  /** `unix:///path`, `/path`, or `tcp://host:port`. */
  readonly address: string;
  /** For tcp://; without it the connection is not encrypted. */
  readonly tls?: TlsOptions | undefined;
  /** How long a connection may take to be made, in milliseconds; 5,000 unless given. */
  readonly connectTimeout?: number | undefined;
}

/** The daemon's calls, with plain objects in and out. */
export class Rpc {
  readonly address: Address;
  readonly #sessions: Sessions;

  constructor({ address, tls, connectTimeout = 5000 }: RpcOptions) {
    this.address = parseAddress(address);
    this.#sessions = new Sessions(this.address, { tls, connectTimeout });
  }

  /** Connects, where there is no connection yet. @throws ContainerdError */
  async ready(): Promise<void> {
    using _ = await this.#sessions.use();
  }

  /** One request, one answer. @throws ContainerdError */
  async unary<K extends MethodName>(
    method: K,
    request: Request<K>,
    options: CallOptions = {},
  ): Promise<Answer<K>> {
    let answer: Answer<K> | undefined;
    for await (const one of this.#call(method, request, options)) answer = one;
    if (answer === undefined) throw new Internal("the daemon answered with no message", { method });
    return answer;
  }

  /** One request, and answers until the daemon, the signal or the end of the loop ends them. @throws ContainerdError */
  stream(request: Request<"events">, options: InternalCallOptions = {}): AsyncGenerator<Answer<"events">> {
    return this.#call("events", request, options);
  }

  /** What a logged container has said, until the daemon, the signal or the end of the loop ends it. @throws ContainerdError */
  logs(request: Request<"logs">, options: CallOptions = {}): AsyncGenerator<Answer<"logs">> {
    return this.#call("logs", request, options);
  }

  /** Ends the connection and every call on it. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async *#call<K extends keyof Methods>(
    method: K,
    request: Request<K>,
    options: InternalCallOptions,
  ): AsyncGenerator<Answer<K>, void, undefined> {
    const { path, name, input, output } = wireNames(method);
    const cancelled = () =>
      new Cancelled("the call was cancelled", { method: name, cause: options.signal?.reason });
    if (isAborted(options.signal)) throw cancelled();
    using connection = await this.#sessions.use();
    if (isAborted(options.signal)) throw cancelled();
    const bytes = encode(input, request as Fields);
    for await (const answer of call(connection.session, { path, name }, bytes, options))
      yield decoded(output, answer, name) as Answer<K>;
  }
}

function decoded(message: string, bytes: Buffer, method: string): Fields {
  try {
    return decode(message, bytes);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new Internal(`the daemon's answer cannot be read: ${cause.message}`, { method, cause });
  }
}

/** Those of other services than types.API. */
const paths: Partial<Record<keyof Methods, string>> = {
  healthCheck: "/grpc.health.v1.Health/Check",
  logs: "/containerd_ts.streams.v1.Streams/Logs",
};

function wireNames(method: keyof Methods): { path: string; name: string; input: string; output: string } {
  const name = method.charAt(0).toUpperCase() + method.slice(1);
  const output = method === "events" ? "Event" : `${name}Response`;
  const path = paths[method] ?? `/types.API/${name}`;
  return { path, name, input: `${name}Request`, output };
}
