import type { Server } from "@grpc/grpc-js";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";

/** What grpc-js does with a stream that begins; no part of its types. */
interface Internals {
  _streamHandler?: (
    this: Server,
    interceptors: unknown,
    stream: { destroy(): void },
    headers: unknown,
  ) => void;
}

/**
 * Makes an exception cost its own stream. grpc-js answers a call of an unknown method, or without its content type, on a stream that may
 * be destroyed already (its client reset it in the same packet): respond() throws then, out of an event of the session, where nobody
 * catches it, and one client would end the daemon. To be called before a connection injector is made, which binds the handler.
 *
 * @throws Error where this grpc-js has no such handler any more: it is to be looked at again
 */
export function guardStreams(server: Server, log: Logger): void {
  const internals = server as unknown as Internals;
  const handle = internals._streamHandler;
  if (handle === undefined) throw new Error("this version of @grpc/grpc-js handles streams in another way");
  internals._streamHandler = (interceptors, stream, headers) => {
    try {
      handle.call(server, interceptors, stream, headers);
    } catch (error) {
      log.debug("a stream ended before its call was refused", { error: messageOf(error) });
      stream.destroy();
    }
  };
}
