import type { Fd } from "../sys.ts";
import { check, cString, libc } from "./native.ts";

const cOpen = libc<[string, number, number]>("int open(const char *path, int flags, unsigned int mode)");
const fcntl = libc<[Fd, number, number]>("int fcntl(int fd, int command, long argument)");

const O_RDONLY = 0;
const O_WRONLY = 0o1;
const O_RDWR = 0o2;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;

/** fifo(7): opening for reading without blocking succeeds, writer or none. */
export function openFifoReader(path: string): Fd {
  return openThenBlock(path, O_RDONLY);
}

/** fifo(7): opening for writing without blocking needs a reader, and fails with ENXIO otherwise. */
export function openFifoWriter(path: string): Fd {
  return openThenBlock(path, O_WRONLY);
}

/** fifo(7): on Linux a FIFO opens for both at once, and is its own other side. */
export function openReadWrite(path: string): Fd {
  return openThenBlock(path, O_RDWR);
}

export function openNull(): Fd {
  return open("/dev/null", O_RDWR);
}

export function open(path: string, flags: number, mode = 0): Fd {
  return check("open", cOpen(cString(path, "open"), flags | O_CLOEXEC | O_NOCTTY, mode), path);
}

export function setNonBlocking(fd: Fd): void {
  check("fcntl", fcntl(fd, F_SETFL, check("fcntl", fcntl(fd, F_GETFL, 0)) | O_NONBLOCK));
}

/** O_NONBLOCK is of the open file, so a container that got it would see EAGAIN: it is only there for the open. */
function openThenBlock(path: string, flags: number): Fd {
  const fd = open(path, flags | O_NONBLOCK);
  check("fcntl", fcntl(fd, F_SETFL, 0), path);
  return fd;
}
