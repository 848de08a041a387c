import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { API } from "../../src/gen/types/api_pb.ts";

export const methods: readonly DescMethod[] = API.methods;

/** How a call ended. */
export interface Ended {
  readonly method: string;
  /** gRPC's; 0 is OK. */
  readonly code: number;
  readonly details: string;
}

/** Milliseconds after which a call counts as hung. */
const patience = 60_000;

/** Calls methods with whatever bytes, and never throws. */
export class RawCaller implements Disposable {
  readonly #grpc: Client;

  constructor(socket: string) {
    this.#grpc = new Client(`unix://${socket}`, credentials.createInsecure(), {
      "grpc.max_send_message_length": -1,
      // a pool shared by sockets of the same path would hide a connection's end
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  message(method: DescMethod, message: Record<string, unknown>): Promise<Ended> {
    const shape = message as MessageInitShape<DescMessage>;
    return this.bytes(method, toBinary(method.input, create(method.input, shape)));
  }

  /** A stream is left after its first event, or ends as it likes. */
  bytes(method: DescMethod, bytes: Uint8Array): Promise<Ended> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const ended = (error: ServiceError | null): Ended => ({
      method: method.name,
      code: error?.code ?? 0,
      details: error?.details ?? "",
    });
    const encode = (): Buffer => Buffer.from(bytes);
    const decode = (reply: Buffer): Buffer => reply;
    const options = { deadline: Date.now() + patience };
    return new Promise((resolve) => {
      if (method.methodKind === "unary") {
        this.#grpc.makeUnaryRequest(path, encode, decode, undefined, options, (error) =>
          resolve(ended(error)),
        );
        return;
      }
      const stream = this.#grpc.makeServerStreamRequest(path, encode, decode, undefined, options);
      const leave = (): void => {
        resolve(ended(null));
        stream.cancel();
      };
      stream.on("error", (error: ServiceError) => resolve(ended(error)));
      stream.on("end", () => resolve(ended(null)));
      // either it refuses at once, or it has told that it listens
      stream.on("metadata", () => setTimeout(leave, 5));
      stream.on("data", leave);
    });
  }

  [Symbol.dispose](): void {
    this.#grpc.close();
  }
}
