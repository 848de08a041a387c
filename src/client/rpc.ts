import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Address, parseAddress } from "./address.ts";
import { type CallOptions, call, type InternalCallOptions, isAborted } from "./call.ts";
import type { TlsOptions } from "./connecting.ts";
import { Cancelled, Internal } from "./errors.ts";
import { Sessions } from "./session.ts";

export interface RpcOptions {
  /** `unix:///path`, `/path`, or `tcp://host:port`. */
  readonly address: string;
  /** For tcp://; without it the connection is not encrypted. */
  readonly tls?: TlsOptions | undefined;
  /** How long a connection may take to be made, in milliseconds; 5,000 unless given. */
  readonly connectTimeout?: number | undefined;
}

/** The daemon's calls, by their descriptions, with plain objects in and messages out. */
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
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    let answer: Buffer | undefined;
    for await (const bytes of this.#call(
      method,
      toBinary(method.input, create(method.input, request)),
      options,
    ))
      answer = bytes;
    if (answer === undefined)
      throw new Internal("the daemon answered with no message", { method: method.name });
    return fromBinary(method.output, answer);
  }

  /** One request, and answers until the daemon, the signal or the end of the loop ends them. @throws ContainerdError */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: InternalCallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    for await (const bytes of this.#call(
      method,
      toBinary(method.input, create(method.input, request)),
      options,
    ))
      yield fromBinary(method.output, bytes);
  }

  /** Ends the connection and every call on it. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async *#call(
    method: DescMethod,
    request: Uint8Array,
    options: InternalCallOptions,
  ): AsyncGenerator<Buffer> {
    const cancelled = () =>
      new Cancelled("the call was cancelled", { method: method.name, cause: options.signal?.reason });
    if (isAborted(options.signal)) throw cancelled();
    using connection = await this.#sessions.use();
    if (isAborted(options.signal)) throw cancelled();
    const path = `/${method.parent.typeName}/${method.name}`;
    yield* call(connection.session, { path, name: method.name }, request, options);
  }
}
