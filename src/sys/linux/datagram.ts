import { close } from "./files.ts";
import { check, cString, libc } from "./native.ts";

const cSocket = libc<[number, number, number]>("int socket(int domain, int type, int protocol)");
const sendto = libc<[number, Buffer, number, number, Buffer, number]>(
  "long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, unsigned int addressLength)",
);

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/**
 * One datagram to a Unix socket, which node:dgram has none of. Never blocks.
 *
 * @param address a path, or "@NAME" for one in the abstract namespace, as systemd writes it (sd_notify(3))
 */
export function sendDatagram(address: string, text: string): void {
  const path = Buffer.from(cString(address, "sendto"));
  const abstract = path[0] === 0x40;
  if (abstract) path[0] = 0;
  const name = Buffer.concat([Buffer.of(AF_UNIX, 0), path, Buffer.alloc(abstract ? 0 : 1)]);
  const bytes = Buffer.from(text);
  const socket = check("socket", cSocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    check(
      "sendto",
      sendto(socket, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, name, name.length),
      address,
    );
  } finally {
    close(socket);
  }
}
