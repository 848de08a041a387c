import { once } from "node:events";
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  Metadata,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { Failure, messageOf } from "../base/errors.ts";
import { statusOf } from "./errors.ts";

/**
 * Answers one call.
 *
 * @param signal aborted when the client cancels, its deadline passes, or its connection ends
 */
export type Unary<M extends DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  signal: AbortSignal,
) => Promise<MessageInitShape<M["output"]>>;

/** Answers one call with encoded messages, so that what goes to many clients is encoded once. */
export type Streaming<M extends DescMethodServerStreaming> = (
  request: MessageShape<M["input"]>,
  signal: AbortSignal,
) => AsyncIterable<Buffer>;

/** What the methods are registered with. */
export interface Registration {
  readonly server: Server;
  /** Sees each call end: its method's name, seconds, and the error if it failed. */
  readonly observe: (method: string, seconds: number, error?: unknown) => void;
  /** Aborted when the daemon stops: streams end then, calls may be finished. */
  readonly stopping: AbortSignal;
}

/** A request, or why its bytes are none. grpc-js would say INTERNAL of an exception while it reads. */
type Received<T> = { readonly message: T } | { readonly fault: string };

export function addUnary<M extends DescMethodUnary>(
  { server, observe }: Registration,
  method: M,
  handler: Unary<M>,
): void {
  const handle = async (
    call: ServerUnaryCall<Received<MessageShape<M["input"]>>, MessageInitShape<M["output"]>>,
    answer: sendUnaryData<MessageInitShape<M["output"]>>,
  ): Promise<void> => {
    const start = performance.now();
    try {
      const reply = await handler(received(call.request), signalOf(call));
      answer(null, reply);
      observe(method.name, (performance.now() - start) / 1000);
    } catch (error) {
      answer(statusOf(error));
      observe(method.name, (performance.now() - start) / 1000, error);
    }
  };
  const write = (reply: MessageInitShape<M["output"]>): Buffer => encode(method.output, reply);
  server.register(pathOf(method), handle, write, reader<M["input"]>(method.input), "unary");
}

export function addStreaming<M extends DescMethodServerStreaming>(
  { server, observe, stopping }: Registration,
  method: M,
  handler: Streaming<M>,
): void {
  const handle = async (
    call: ServerWritableStream<Received<MessageShape<M["input"]>>, Buffer>,
  ): Promise<void> => {
    const start = performance.now();
    const cancelled = signalOf(call);
    const signal = AbortSignal.any([cancelled, stopping]);
    // When the handler has begun, and what it watches it watches from then on: so that a client can know.
    queueMicrotask(() => call.sendMetadata(new Metadata()));
    try {
      for await (const bytes of handler(received(call.request), signal)) {
        // A client that does not read holds up its own stream only; the subscription behind it is bounded.
        if (!call.write(bytes)) await once(call, "drain", { signal });
      }
      call.end();
      observe(method.name, (performance.now() - start) / 1000);
    } catch (error) {
      // After a cancel there is nobody to tell.
      if (!cancelled.aborted) call.emit("error", statusOf(stopping.aborted ? stopping.reason : error));
      observe(method.name, (performance.now() - start) / 1000, signal.aborted ? undefined : error);
    }
  };
  server.register(
    pathOf(method),
    handle,
    (bytes: Buffer) => bytes,
    reader<M["input"]>(method.input),
    "serverStream",
  );
}

/** A message as bytes of the wire. */
export function encode<T extends DescMessage>(schema: T, message: MessageInitShape<T>): Buffer {
  const bytes = toBinary(schema, create(schema, message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const pathOf = (method: DescMethodUnary | DescMethodServerStreaming): string =>
  `/${method.parent.typeName}/${method.name}`;

const reader =
  <T extends DescMessage>(schema: T) =>
  (bytes: Buffer): Received<MessageShape<T>> => {
    try {
      return { message: fromBinary(schema, bytes) };
    } catch (error) {
      return { fault: `cannot read the request as ${schema.typeName}: ${messageOf(error)}` };
    }
  };

function received<T>(request: Received<T>): T {
  if ("fault" in request) throw new Failure("INVALID_ARGUMENT", request.fault);
  return request.message;
}

/** What both kinds of calls have of grpc-js. */
interface Cancellable {
  getDeadline(): Date | number;
  once(event: "cancelled", listener: () => void): unknown;
}

function signalOf(call: Cancellable): AbortSignal {
  const controller = new AbortController();
  call.once("cancelled", () => {
    // grpc-js answers DEADLINE_EXCEEDED itself; the reason is for who undoes the work.
    const late = Number(call.getDeadline()) <= Date.now();
    controller.abort(
      late
        ? new Failure("DEADLINE_EXCEEDED", "the call's deadline has passed")
        : new Failure("CANCELLED", "the client has cancelled the call"),
    );
  });
  return controller.signal;
}
