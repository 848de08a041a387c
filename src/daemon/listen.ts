import { once } from "node:events";
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, type Stats, unlinkSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fromErrno } from "../base/errno.ts";
import { Failure, messageOf } from "../base/errors.ts";
import { firstFd, type ListenAddress } from "./listen-address.ts";
import type { TlsFiles } from "./options.ts";
import { makeTlsServer } from "./tls.ts";

/** How many connections may wait to be accepted; the kernel's own limit (net.core.somaxconn) is 4096. */
const backlog = 4096;

export interface ListenOptions {
  readonly address: ListenAddress;
  readonly tls: TlsFiles | undefined;
  /** The group that may use a Unix socket; undefined: root alone. */
  readonly gid: number | undefined;
}

/**
 * Refuses an address that cannot be had, before anything is made: another daemon that answers on it, a file that is no socket, a
 * descriptor that systemd did not pass.
 *
 * @param passed how many descriptors it passed
 * @throws Failure FAILED_PRECONDITION, or what the file system said
 */
export async function checkFree(address: ListenAddress, passed: number): Promise<void> {
  if (address.kind === "fd" && address.fd >= firstFd + passed) {
    const sockets = passed === 0 ? "no socket" : `${passed} sockets, from ${firstFd} on`;
    throw new Failure(
      "FAILED_PRECONDITION",
      `cannot listen on ${nameOf(address)}: systemd passed ${sockets}`,
    );
  }
  if (address.kind !== "unix") return;
  const stats = statsOf(address.path);
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new Failure("FAILED_PRECONDITION", `cannot listen on ${address.path}: it exists and is no socket`);
  }
  if (await answers(address.path)) {
    throw new Failure(
      "FAILED_PRECONDITION",
      `cannot listen on ${address.path}: another process listens there`,
    );
  }
}

/**
 * Listens. A Unix socket has mode 0600, or 0660 with a group; a socket file that nobody listens on any more is replaced.
 *
 * @param accept gets each connection, TLS's taken off
 */
export async function listen(
  options: ListenOptions,
  accept: (socket: net.Socket) => void,
): Promise<net.Server> {
  const { address, tls } = options;
  const server = tls === undefined ? net.createServer({ noDelay: true }, accept) : makeTlsServer(tls, accept);
  try {
    if (address.kind === "unix") listenOnPath(server, address.path, options.gid);
    else if (address.kind === "tcp") server.listen({ host: address.host, port: address.port, backlog });
    else server.listen({ fd: address.fd, backlog });
    if (!server.listening) await once(server, "listening");
  } catch (error) {
    server.close();
    throw fromErrno(error, `cannot listen on ${nameOf(address)}`);
  }
  return server;
}

/** An address as `--listen` writes it. */
export function nameOf(address: ListenAddress): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  if (address.kind === "fd") return `fd://${address.fd}`;
  return `tcp://${net.isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/**
 * A group's number.
 *
 * @param group a name of /etc/group, or a number
 * @throws Failure NOT_FOUND
 */
export function groupNumber(group: string, groups: string = readFileSync("/etc/group", "utf8")): number {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  for (const line of groups.split("\n")) {
    const [name, , gid] = line.split(":");
    if (name === group && gid !== undefined && /^\d+$/.test(gid)) return Number(gid);
  }
  throw new Failure("NOT_FOUND", `--group: there is no group "${group}" in /etc/group`);
}

function listenOnPath(server: net.Server, socket: string, gid: number | undefined): void {
  mkdirSync(path.dirname(socket), { recursive: true, mode: 0o711 });
  if (statsOf(socket)?.isSocket()) unlinkSync(socket);
  // bind(2) makes the file with the mode that the umask leaves: nobody gets in between it and the chmod.
  const before = process.umask(0o177);
  try {
    server.listen({ path: socket, backlog });
  } finally {
    process.umask(before);
  }
  if (gid === undefined) return;
  chownSync(socket, 0, gid);
  chmodSync(socket, 0o660);
}

function statsOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw fromErrno(error, `cannot listen on ${file}`);
  }
}

/** Whether somebody accepts connections; a full backlog (EAGAIN) is somebody's too. */
async function answers(socket: string): Promise<boolean> {
  const connection = net.connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT") return false;
    if (code === "EAGAIN") return true;
    throw new Failure("FAILED_PRECONDITION", `cannot listen on ${socket}: ${messageOf(error)}`);
  } finally {
    connection.destroy();
  }
}
