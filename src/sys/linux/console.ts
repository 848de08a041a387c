import { rmSync } from "node:fs";
import type { ConsoleListener, Fd } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { close } from "./files.ts";
import { check, cString, lastErrno, libc } from "./native.ts";
import { once } from "./once.ts";
import { receiveFd } from "./receive-fd.ts";
import { readable } from "./watch.ts";

const cSocket = libc<[number, number, number]>("int socket(int domain, int type, int protocol)");
const cBind = libc<[Fd, Buffer, number]>("int bind(int fd, const void *address, unsigned int length)");
const cListen = libc<[Fd, number]>("int listen(int fd, int backlog)");
const accept4 = libc<[Fd, null, null, number]>("int accept4(int fd, void *address, void *length, int flags)");
const ioctl = libc<[Fd, number, Uint16Array]>("int ioctl(int fd, unsigned long request, void *argument)");

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EAGAIN = 11;
const ECONNABORTED = 103;
const ECANCELED = 125;
const ENAMETOOLONG = 36;
const TIOCSWINSZ = 0x5414;
/** sockaddr_un: two bytes of family, 108 of path with its NUL. */
const PATH_ROOM = 107;

export function listenConsole(path: string): ConsoleListener {
  const bytes = Buffer.from(cString(path, "bind"));
  if (bytes.length > PATH_ROOM) throw new SysError("bind", ENAMETOOLONG, path);
  const socket = check("socket", cSocket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const closed = new AbortController();
  const release = once(() => {
    closed.abort(new SysError("accept4", ECANCELED, path));
    close(socket);
    rmSync(path, { force: true });
  });
  try {
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), bytes, Buffer.alloc(1)]);
    check("bind", cBind(socket, address, address.length), path);
  } catch (error) {
    // Not ours to unlink: it may be somebody's who listens there.
    close(socket);
    throw error;
  }
  try {
    check("listen", cListen(socket, 8), path);
  } catch (error) {
    release();
    throw error;
  }
  return {
    receive: (signal) => receive(socket, AbortSignal.any([signal, closed.signal])),
    [Symbol.dispose]: release,
  };
}

/** Somebody who connects and sends no terminal is passed over: the next one may. */
async function receive(listener: Fd, signal: AbortSignal): Promise<Fd> {
  for (;;) {
    const connection = await accept(listener, signal);
    try {
      const fd = await firstFd(connection, signal);
      if (fd !== undefined) return fd;
    } finally {
      close(connection);
    }
  }
}

async function accept(listener: Fd, signal: AbortSignal): Promise<Fd> {
  for (;;) {
    await readable(listener, signal);
    const connection = accept4(listener, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection !== -1) return connection;
    const errno = lastErrno();
    if (errno !== EAGAIN && errno !== ECONNABORTED) throw new SysError("accept4", errno);
  }
}

async function firstFd(connection: Fd, signal: AbortSignal): Promise<Fd | undefined> {
  for (;;) {
    await readable(connection, signal);
    const received = receiveFd(connection);
    if (received === "end") return undefined;
    if (typeof received === "object") return received.fd;
  }
}

/** struct winsize { rows, columns, and two in pixels that nobody reads }: TIOCSWINSZ(2const). */
export function resize(fd: Fd, columns: number, rows: number): void {
  check("ioctl", ioctl(fd, TIOCSWINSZ, Uint16Array.of(rows, columns, 0, 0)), "TIOCSWINSZ");
}
