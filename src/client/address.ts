import { InvalidArgument } from "./errors.ts";

/** Where a daemon listens, unless it is told otherwise. */
export const defaultAddress = "unix:///run/containerd/containerd.sock";

export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/**
 * @param text `unix:///path`, `/path`, or `tcp://host:port`
 * @throws InvalidArgument
 */
export function parseAddress(text: string): Address {
  const path = text.startsWith("/") ? text : /^unix:(?:\/\/)?(.+)$/.exec(text)?.[1];
  if (path !== undefined) {
    // sun_path has 108 bytes and ends with a NUL; the kernel's own error for more is a bare EINVAL.
    const length = Buffer.byteLength(path);
    if (length > 107)
      throw new InvalidArgument(
        `bad address "${text}": a socket's path has 107 bytes at most, this one ${length}`,
      );
    return { kind: "unix", path };
  }
  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text);
  const host = tcp?.[1] ?? tcp?.[2];
  const port = Number(tcp?.[3]);
  if (host === undefined || port < 1 || port > 65535)
    throw new InvalidArgument(`bad address "${text}": expected unix:///path or tcp://host:port`);
  return { kind: "tcp", host, port };
}

/** An address as people read it. */
export function addressText(address: Address): string {
  if (address.kind === "unix") return address.path;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
