import net from "node:net";

/** Where the API listens. */
export type ListenAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A socket that systemd opened; the number is the descriptor's, 3 being the first (sd_listen_fds(3)). */
  | { readonly kind: "fd"; readonly fd: number };

/** sockaddr_un's sun_path with its closing NUL is 108 bytes (unix(7)). */
const longestPath = 107;
/** SD_LISTEN_FDS_START */
export const firstFd = 3;

/**
 * Reads `--listen`.
 *
 * @param text unix://PATH, a bare path, tcp://HOST:PORT, or fd:// (fd://N for another descriptor than the first)
 * @returns the address, or a sentence that says what is wrong
 */
export function parseListenAddress(text: string): ListenAddress | string {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === "tcp" && rest !== undefined) return tcp(text, rest);
  if (scheme === "fd" && rest !== undefined) return fd(text, rest);
  const path = scheme === "unix" ? (rest ?? "") : text;
  if ((scheme !== undefined && scheme !== "unix") || (scheme === undefined && !/^\.{0,2}\//.test(text))) {
    return `cannot listen on "${text}": expected unix://PATH, tcp://HOST:PORT or fd://`;
  }
  const bytes = Buffer.byteLength(path);
  if (bytes === 0) return `cannot listen on "${text}": the socket's path is missing`;
  if (path.includes("\0")) return "cannot listen on a path with a NUL byte in it";
  if (path.endsWith("/")) return `cannot listen on "${text}": the path is a directory's`;
  if (bytes > longestPath) {
    return `cannot listen on "${text}": its path has ${bytes} bytes, and a Unix socket's has ${longestPath} at most`;
  }
  return { kind: "unix", path };
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  return net.isIPv4(host) ? host.startsWith("127.") : host === "::1";
}

function tcp(text: string, rest: string): ListenAddress | string {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(rest) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    return `cannot listen on "${text}": expected tcp://HOST:PORT with a port from 0 to 65535`;
  }
  if (bracketed !== undefined && !net.isIPv6(bracketed)) {
    return `cannot listen on "${text}": "${bracketed}" is no IPv6 address`;
  }
  // As for Go: no host means every address of the machine.
  return { kind: "tcp", host: bracketed ?? (plain === "" ? "::" : (plain ?? "")), port: Number(port) };
}

function fd(text: string, rest: string): ListenAddress | string {
  if (rest === "") return { kind: "fd", fd: firstFd };
  const number = /^\d{1,6}$/.test(rest) ? Number(rest) : 0;
  if (number < firstFd)
    return `cannot listen on "${text}": expected fd:// or fd://N with N from ${firstFd} up`;
  return { kind: "fd", fd: number };
}
