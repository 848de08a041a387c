import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type CallOptions,
  type ClientReadableStream,
  credentials,
  Client as GrpcClient,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { API } from "../../src/gen/types/api_pb.ts";

type Unary = {
  [K in keyof typeof API.method]: (typeof API.method)[K] extends { methodKind: "unary" } ? K : never;
}[keyof typeof API.method];
type Input<K extends keyof typeof API.method> = MessageInitShape<(typeof API.method)[K]["input"]>;
type Output<K extends keyof typeof API.method> = MessageShape<(typeof API.method)[K]["output"]>;
export type ApiEvent = Output<"events">;

/**
 * types.API as another language's generated client would call it: grpc-js and nothing of this project's own client, so that a
 * mistake shared by both ends of ours shows.
 */
export class ApiClient implements Disposable {
  readonly #grpc: GrpcClient;

  /** @param authority what the client says of the server's name: "unix" as 0.2.9's ctr, the raw path as Docker Engine */
  constructor(socket: string, authority = "unix") {
    this.#grpc = new GrpcClient(`unix://${socket}`, credentials.createInsecure(), {
      "grpc.default_authority": authority,
    });
  }

  /**
   * One unary call; rejects with grpc-js' ServiceError (code, details).
   *
   * @param headers sent as they are: "grpc-timeout" of a client that leaves it to the server to be in time
   */
  call<K extends Unary>(
    name: K,
    request: Input<K>,
    options: CallOptions = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Output<K>> {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    const method: DescMethod = API.method[name];
    return new Promise((resolve, reject) => {
      this.#grpc.makeUnaryRequest(
        pathOf(method),
        (message: MessageInitShape<DescMessage>) => encode(method.input, message),
        (bytes: Buffer) => fromBinary(method.output, bytes) as Output<K>,
        request as MessageInitShape<DescMessage>,
        metadata,
        options,
        (error: ServiceError | null, value?: Output<K>) => {
          if (error !== null) reject(error);
          else resolve(value as Output<K>);
        },
      );
    });
  }

  /** An Events stream; the caller cancels it. */
  events(request: Input<"events">): ClientReadableStream<ApiEvent> {
    const method = API.method.events;
    return this.#grpc.makeServerStreamRequest(
      pathOf(method),
      (message: Input<"events">) => encode(method.input, message),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      request,
    );
  }

  /** Whether grpc.health.v1.Health answers SERVING; any error means no. */
  healthy(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#grpc.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        () => Buffer.alloc(0),
        // HealthCheckResponse { status = 1 }: SERVING is 1
        (bytes: Buffer) => bytes.length === 2 && bytes[0] === 8 && bytes[1] === 1,
        undefined,
        { deadline: Date.now() + 3000 },
        (error: ServiceError | null, serving?: boolean) => resolve(error === null && serving === true),
      );
    });
  }

  [Symbol.dispose](): void {
    this.#grpc.close();
  }
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function encode(schema: DescMessage, message: MessageInitShape<DescMessage>): Buffer {
  return Buffer.from(toBinary(schema, create(schema, message)));
}
