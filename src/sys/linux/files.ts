import { fstatSync } from "node:fs";
import type { Fd, FileType } from "../sys.ts";
import { asSysError } from "../sys-error.ts";
import { check, cString, libc } from "./native.ts";

const cClose = libc<[Fd]>("int close(int fd)");
const cRead = libc<[Fd, Uint8Array, number]>("long read(int fd, void *buffer, size_t count)");
const cWrite = libc<[Fd, Uint8Array, number]>("long write(int fd, const void *buffer, size_t count)");
const pipe2 = libc<[Int32Array, number]>("int pipe2(void *fds, int flags)");
const cEventfd = libc<[number, number]>("int eventfd(unsigned int count, int flags)");
const memfdCreate = libc<[string, number]>("int memfd_create(const char *name, unsigned int flags)");
const cMkfifo = libc<[string, number]>("int mkfifo(const char *path, unsigned int mode)");
const cFchown = libc<[Fd, number, number]>("int fchown(int fd, unsigned int uid, unsigned int gid)");

const O_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const MFD_CLOEXEC = 1;
const ends = new Int32Array(2);

export function close(fd: Fd): void {
  check("close", cClose(fd));
}

export function read(fd: Fd, buffer: Uint8Array): number {
  return check("read", cRead(fd, buffer, buffer.byteLength));
}

export function write(fd: Fd, buffer: Uint8Array): number {
  return check("write", cWrite(fd, buffer, buffer.byteLength));
}

export function pipe(): [Fd, Fd] {
  check("pipe2", pipe2(ends, O_CLOEXEC));
  return [ends[0] ?? -1, ends[1] ?? -1];
}

export function eventfd(): Fd {
  return check("eventfd", cEventfd(0, O_CLOEXEC | EFD_NONBLOCK));
}

/** A file in memory without a path; the name is only for those who look into /proc. */
export function memfd(name: string): Fd {
  return check("memfd_create", memfdCreate(cString(name, "memfd_create"), MFD_CLOEXEC), name);
}

export function mkfifo(path: string, mode: number): void {
  check("mkfifo", cMkfifo(cString(path, "mkfifo"), mode), path);
}

export function fchown(fd: Fd, uid: number, gid: number): void {
  check("fchown", cFchown(fd, uid, gid));
}

export function fileType(fd: Fd): FileType {
  const stats = asSysError("fstat", () => fstatSync(fd));
  if (stats.isFIFO()) return "fifo";
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isCharacterDevice()) return "character";
  return stats.isSocket() ? "socket" : "other";
}
