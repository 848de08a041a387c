import { readFileSync } from "node:fs";
import type net from "node:net";
import tls from "node:tls";
import { Failure, messageOf } from "../base/errors.ts";
import type { TlsFiles } from "./options.ts";

/**
 * A server that speaks TLS; with an authority (`ca`) it lets in only clients that have one of its certificates.
 *
 * @throws Failure FAILED_PRECONDITION when a file cannot be read or is not what it should be
 */
export function makeTlsServer(files: TlsFiles, accept: (socket: net.Socket) => void): tls.Server {
  const cert = pem("--tls-cert", files.cert);
  const key = pem("--tls-key", files.key);
  const ca = files.ca === undefined ? undefined : pem("--tls-ca", files.ca);
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  try {
    const server = tls.createServer(
      { cert, key, minVersion: "TLSv1.2", ALPNProtocols: ["h2"], ...clients },
      accept,
    );
    // A handshake that fails costs its own connection.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  } catch (error) {
    throw new Failure("FAILED_PRECONDITION", `cannot use --tls-cert and --tls-key: ${messageOf(error)}`);
  }
}

/** Says what is wrong with the files, before anything else is done. */
export function checkTls(files: TlsFiles): void {
  makeTlsServer(files, () => undefined);
}

function pem(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure("FAILED_PRECONDITION", `cannot read ${flag}: ${messageOf(error)}`);
  }
}
