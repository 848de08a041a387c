import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { FrameError, FrameReader, frame } from "../wire/frames.ts";
import { errorOf, errorOfStatus } from "./error-of-status.ts";
import {
  Cancelled,
  type ContainerdError,
  DeadlineExceeded,
  Internal,
  ResourceExhausted,
  Unavailable,
} from "./errors.ts";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with Cancelled, whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take, in milliseconds; the daemon is told too. */
  readonly timeout?: number | undefined;
}

/** What this SDK's own calls may ask for besides. */
export interface InternalCallOptions extends CallOptions {
  /** Told when the request is on its way: calls that are made afterwards come to the daemon later. */
  readonly onSent?: (() => void) | undefined;
}

/** The longest message that is accepted: a State of thousands of containers has megabytes. */
const messageLimit = 256 * 1024 * 1024;

/**
 * One gRPC call: sends a request and yields the answers as they come, no faster than they are taken. Leaving the loop early
 * cancels the call.
 *
 * @throws ContainerdError when the call ends with anything but OK
 */
export async function* call(
  session: ClientHttp2Session,
  method: { readonly path: string; readonly name: string },
  request: Uint8Array,
  { signal, timeout, onSent }: InternalCallOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const stream = session.request({
    ":method": "POST",
    ":path": method.path,
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "containerd-ts",
    ...(timeout === undefined ? {} : { "grpc-timeout": timeoutText(timeout) }),
  });
  const outcome = new Outcome(stream, method.name);
  using _ = outcome.endWith(signal, timeout);
  try {
    stream.end(frame(request));
    onSent?.();
    const reader = new FrameReader(messageLimit);
    for await (const piece of stream as AsyncIterable<Buffer>) yield* reader.push(piece);
    if (reader.torn) throw new Internal("the answer ended in the middle of a message");
  } catch (error) {
    throw outcome.error(error);
  } finally {
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
  const failure = outcome.failure();
  if (failure !== undefined) throw failure;
}

/** A function of its own: the signal may change between two looks, which the compiler does not expect. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** A gRPC timeout: at most 8 digits and a unit. */
function timeoutText(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), 99_999_999)}S`;
}

/** Resets that say nothing about the call: CANCEL is what Node itself gives to the streams of a socket that was closed. */
const passing: readonly number[] = [
  constants.NGHTTP2_NO_ERROR,
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_CANCEL,
];

/** How a call ended: what its headers and trailers said, or who ended it. */
class Outcome {
  readonly #stream: ClientHttp2Stream;
  readonly #method: string;
  #headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #ended: ContainerdError | undefined;

  constructor(stream: ClientHttp2Stream, method: string) {
    this.#stream = stream;
    this.#method = method;
    stream.on("response", (headers) => {
      this.#headers = headers;
    });
    stream.on("trailers", (trailers) => {
      this.#trailers = trailers;
    });
    // The loop that reads the stream gets it; one that comes when nobody reads any more must not end the program.
    stream.on("error", () => undefined);
  }

  /** Ends the stream when the caller or the clock says so. */
  endWith(signal: AbortSignal | undefined, timeout: number | undefined): Disposable {
    const end = (error: ContainerdError) => {
      this.#ended ??= error;
      this.#stream.close(constants.NGHTTP2_CANCEL);
    };
    const details = { method: this.#method };
    const abort = () => end(new Cancelled("the call was cancelled", { ...details, cause: signal?.reason }));
    const late = () => end(new DeadlineExceeded(`no answer within ${timeout} ms`, details));
    if (isAborted(signal)) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const timer = timeout === undefined ? undefined : setTimeout(late, Math.min(timeout, 0x7fffffff));
    return {
      [Symbol.dispose]() {
        signal?.removeEventListener("abort", abort);
        clearTimeout(timer);
      },
    };
  }

  /** Why the call failed, once its stream has ended by itself. */
  failure(): ContainerdError | undefined {
    if (this.#ended !== undefined) return this.#ended;
    const details = { method: this.#method };
    const last = this.#trailers ?? this.#headers;
    const status = this.#trailers?.["grpc-status"] ?? this.#headers?.["grpc-status"];
    if (status === "0") return undefined;
    if (typeof status === "string")
      return errorOfStatus(Number(status), messageText(last?.["grpc-message"]), this.#method);
    const http = this.#headers?.[":status"];
    if (http === undefined) return this.#broken(undefined);
    if (http !== 200)
      return errorOf(codeOfHttp(http), `the daemon answered with HTTP status ${http}`, details);
    // The end of a socket ends a stream without an error, as if the daemon had ended it.
    if (this.#stream.aborted || this.#stream.session?.destroyed !== false) return this.#broken(undefined);
    return new Internal("the answer ended without a status", details);
  }

  /** The error of a call whose stream broke. */
  error(cause: unknown): ContainerdError {
    if (this.#ended !== undefined) return this.#ended;
    if (cause instanceof FrameError)
      return new ResourceExhausted(cause.message, { method: this.#method, cause });
    // A refusal may come with a reset behind it: its reason is in the headers.
    const said = this.#trailers?.["grpc-status"] ?? this.#headers?.["grpc-status"];
    return (said === undefined ? undefined : this.failure()) ?? this.#broken(cause);
  }

  #broken(cause: unknown): ContainerdError {
    const details = { method: this.#method, cause };
    const { rstCode, session } = this.#stream;
    if (cause instanceof Unavailable) return cause;
    if (session !== undefined && !session.destroyed) {
      if (rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM)
        return new ResourceExhausted("the daemon wants fewer calls", details);
      if (!passing.includes(rstCode))
        return new Internal(`the daemon reset the call (HTTP/2 error ${rstCode})`, details);
    }
    return new Unavailable("the connection to the daemon broke", details);
  }
}

/** A grpc-message: UTF-8, percent-encoded; what is not, is taken as it is. */
function messageText(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join(", ") : (value ?? "");
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The codes that gRPC gives to answers of what is no gRPC server (http-grpc-status-mapping.md). */
function codeOfHttp(status: number): Exclude<ContainerdError["code"], "OK"> {
  if (status === 400) return "INTERNAL";
  if (status === 401) return "UNAUTHENTICATED";
  if (status === 403) return "PERMISSION_DENIED";
  if (status === 404) return "UNIMPLEMENTED";
  return [429, 502, 503, 504].includes(status) ? "UNAVAILABLE" : "UNKNOWN";
}
