import { connect as connectNet, type Socket } from "node:net";
import { type Address, addressText } from "./address.ts";
import { type ContainerdError, DeadlineExceeded, PermissionDenied, Unavailable } from "./errors.ts";

/** What a TLS connection needs; PEM texts, as in node:tls. */
export interface TlsOptions {
  /** The authorities that may have signed the daemon's certificate; the system's where it is absent. */
  readonly ca?: string | Buffer;
  /** The client's own certificate and key, where the daemon asks for one. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name in the daemon's certificate, where it is not the host of the address. */
  readonly servername?: string;
}

/**
 * Opens a socket.
 *
 * @param timeout in milliseconds
 * @throws Unavailable, PermissionDenied, DeadlineExceeded: with one sentence that says where and why
 */
export async function openSocket(
  address: Address,
  tls: TlsOptions | undefined,
  timeout: number,
): Promise<Socket> {
  const socket = await dial(address, tls);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const timer = setTimeout(() => {
    reject(new DeadlineExceeded(`cannot connect to ${addressText(address)}: no answer within ${timeout} ms`));
  }, timeout);
  socket.once(tls === undefined ? "connect" : "secureConnect", () => resolve(socket));
  socket.once("error", (error) => reject(connectError(address, error)));
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.removeAllListeners("error");
    // What comes later is the HTTP/2 session's to tell; until it listens an error must not end the program.
    socket.on("error", () => undefined);
  }
}

async function dial(address: Address, tls: TlsOptions | undefined): Promise<Socket> {
  const to = address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
  if (tls === undefined) return connectNet(to);
  const { connect } = await import("node:tls");
  const name = address.kind === "tcp" && !/^[\d.]+$|:/.test(address.host) ? { servername: address.host } : {};
  return connect({ ...to, ...name, ...tls, ALPNProtocols: ["h2"] });
}

/** The sentence for an error of connect(2). */
function connectError(address: Address, error: NodeJS.ErrnoException): ContainerdError {
  const to = `cannot connect to ${addressText(address)}`;
  const cause = { cause: error };
  switch (error.code) {
    case "ECONNREFUSED":
      return new Unavailable(`${to}: nobody listens there (ECONNREFUSED); is the daemon running?`, cause);
    case "ENOENT":
      return new Unavailable(`${to}: there is no such socket (ENOENT); is the daemon running?`, cause);
    case "EACCES":
    case "EPERM":
      return new PermissionDenied(
        `${to}: permission denied (${error.code}); are you root, or in its group?`,
        cause,
      );
    case "ENOTSOCK":
      return new Unavailable(`${to}: that is no socket (ENOTSOCK)`, cause);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Unavailable(`${to}: the host's name is not known (${error.code})`, cause);
    default:
      return new Unavailable(`${to}: ${error.message}`, cause);
  }
}
