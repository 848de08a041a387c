import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { type Address, addressText } from "./address.ts";
import { openSocket, type TlsOptions } from "./connecting.ts";
import { Unavailable } from "./errors.ts";

export interface SessionOptions {
  readonly tls?: TlsOptions | undefined;
  /** How long a connection may take to be made, in milliseconds. */
  readonly connectTimeout: number;
}

/** How long a peer that accepted the connection may take to speak HTTP/2, in milliseconds. */
const settingsTimeout = 10_000;

/** How often a connection to another host is asked whether it is still there, in milliseconds. */
const pingInterval = 30_000;

/**
 * The one HTTP/2 connection to a daemon: made by the first call, made again by the first call after it broke.
 * It keeps the program alive only while a call is under way.
 */
export class Sessions {
  readonly #address: Address;
  readonly #options: SessionOptions;
  #current: Promise<ClientHttp2Session> | undefined;
  #calls = 0;
  #closed = false;

  constructor(address: Address, options: SessionOptions) {
    this.#address = address;
    this.#options = options;
  }

  /**
   * The connection, for one call; disposing of it says that the call is over.
   *
   * @throws Unavailable, PermissionDenied, DeadlineExceeded
   */
  async use(): Promise<{ session: ClientHttp2Session } & Disposable> {
    if (this.#closed) throw new Unavailable("the client is closed");
    this.#calls += 1;
    let session: ClientHttp2Session | undefined;
    const done = () => {
      this.#calls -= 1;
      if (this.#calls === 0 && session?.destroyed === false) session.unref();
    };
    try {
      session = await this.#connected();
      session.ref();
      return { session, [Symbol.dispose]: done };
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Ends the connection at once, and with it every call. */
  async close(): Promise<void> {
    this.#closed = true;
    const current = this.#current;
    this.#current = undefined;
    const session = await current?.catch(() => undefined);
    session?.destroy();
  }

  async #connected(): Promise<ClientHttp2Session> {
    const current = this.#current;
    const existing = await current;
    if (existing !== undefined && !existing.closed && !existing.destroyed) return existing;
    // Another call may have begun a new connection while this one waited.
    if (this.#current === current) this.#current = this.#connect();
    return await (this.#current ?? this.#connect());
  }

  #connect(): Promise<ClientHttp2Session> {
    const forget = () => {
      if (this.#current === attempt) this.#current = undefined;
    };
    const attempt = this.#open(forget);
    attempt.catch(forget);
    return attempt;
  }

  async #open(forget: () => void): Promise<ClientHttp2Session> {
    const { tls, connectTimeout } = this.#options;
    const socket = await openSocket(this.#address, tls, connectTimeout);
    // A socket's path is no :authority that every server takes; "localhost" is what grpc itself sends for one.
    const authority =
      this.#address.kind === "unix" ? "localhost" : (tls?.servername ?? addressText(this.#address));
    const session = connectHttp2(`${tls === undefined ? "http" : "https"}://${authority}`, {
      createConnection: () => socket,
    });
    const timer = setTimeout(() => {
      session.destroy(new Unavailable(`${addressText(this.#address)} does not answer: it speaks no HTTP/2`));
    }, settingsTimeout).unref();
    session.once("remoteSettings", () => clearTimeout(timer));
    const pings = this.#address.kind === "tcp" ? keepAlive(session) : undefined;
    // Every call on it hears of the error itself; without a listener it would end the program.
    session.on("error", forget);
    session.on("goaway", forget);
    session.on("close", () => {
      clearTimeout(timer);
      clearInterval(pings);
      forget();
    });
    return session;
  }
}

/** Another host can vanish without a word: a connection that answers no ping in time is given up. */
function keepAlive(session: ClientHttp2Session): NodeJS.Timeout {
  let answered = true;
  const ping = () => {
    if (!answered) return session.destroy(new Unavailable("the daemon's host does not answer any more"));
    answered = false;
    session.ping(() => {
      answered = true;
    });
    return undefined;
  };
  return setInterval(ping, pingInterval).unref();
}
