import { rmSync } from "node:fs";
import { close } from "../../src/sys/linux/files.ts";
import { check, libc } from "../../src/sys/linux/native.ts";
import { until } from "./until.ts";

const cSocket = libc<[number, number, number]>("int socket(int domain, int type, int protocol)");
const bind = libc<[number, Buffer, number]>("int bind(int fd, const void *address, unsigned int length)");
const listen = libc<[number, number]>("int listen(int fd, int backlog)");
const recv = libc<[number, Buffer, number, number]>(
  "long recv(int fd, void *bytes, size_t length, int flags)",
);

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;

/** A Unix socket that gets datagrams, as systemd's NOTIFY_SOCKET. */
export class DatagramReceiver implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.#path = path;
    this.#fd = bound(path, SOCK_DGRAM);
  }

  async next(): Promise<string> {
    const bytes = Buffer.alloc(4096);
    const length = await until("a datagram comes", () => {
      const got = recv(this.#fd, bytes, bytes.length, MSG_DONTWAIT);
      return got >= 0 ? got : undefined;
    });
    return bytes.toString("utf8", 0, length);
  }

  [Symbol.dispose](): void {
    close(this.#fd);
    rmSync(this.#path, { force: true });
  }
}

/** A socket that listens and is for somebody else to accept on, as systemd's; net.Server would accept. */
export class ListeningSocket implements Disposable {
  readonly #path: string;
  readonly fd: number;

  constructor(path: string) {
    this.#path = path;
    this.fd = bound(path, SOCK_STREAM);
    check("listen", listen(this.fd, 16));
  }

  [Symbol.dispose](): void {
    close(this.fd);
    rmSync(this.#path, { force: true });
  }
}

function bound(path: string, type: number): number {
  const fd = check("socket", cSocket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const address = Buffer.concat([Buffer.of(AF_UNIX, 0), Buffer.from(path), Buffer.alloc(1)]);
  check("bind", bind(fd, address, address.length), path);
  return fd;
}
