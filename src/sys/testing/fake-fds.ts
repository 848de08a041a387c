import type { Fd, FileType } from "../sys.ts";
import { SysError } from "../sys-error.ts";

const EBADF = 9;
const ENOENT = 2;
const EEXIST = 17;

/** What a descriptor of the fake is open on; duplicates share it. */
export interface OpenFile {
  readonly what: string;
  readonly type: FileType;
  /** What was written and not read yet, for pipes, FIFOs and files of memory. */
  readonly bytes: number[];
}

/** Descriptors that are counted: a test ends with `assert.deepEqual(fds.open(), [])`. */
export class FakeFds {
  /** The files that can be opened; tests add theirs. */
  readonly files = new Map<string, OpenFile>();
  readonly #table = new Map<Fd, OpenFile>();

  constructor() {
    for (const [fd, what] of ["stdin", "stdout", "stderr"].entries()) {
      this.#table.set(fd, { what, type: "character", bytes: [] });
    }
    this.file("/dev/null", "character");
  }

  /** A file that the code under test can open. */
  file(path: string, type: FileType = "file"): OpenFile {
    const file: OpenFile = { what: path, type, bytes: [] };
    this.files.set(path, file);
    return file;
  }

  mkfifo(path: string): void {
    if (this.files.has(path)) throw new SysError("mkfifo", EEXIST, path);
    this.file(path, "fifo");
  }

  openPath(path: string): Fd {
    const file = this.files.get(path);
    if (file === undefined) throw new SysError("open", ENOENT, path);
    return this.install(file);
  }

  openNew(what: string, type: FileType = "other"): Fd {
    return this.install({ what, type, bytes: [] });
  }

  /** As the kernel does it: the lowest number that is free. */
  install(file: OpenFile): Fd {
    let fd = 0;
    while (this.#table.has(fd)) fd++;
    this.#table.set(fd, file);
    return fd;
  }

  get(fd: Fd, syscall: string): OpenFile {
    const file = this.#table.get(fd);
    if (file === undefined) throw new SysError(syscall, EBADF, String(fd));
    return file;
  }

  close(fd: Fd): void {
    this.get(fd, "close");
    this.#table.delete(fd);
  }

  read(fd: Fd, buffer: Uint8Array): number {
    const bytes = this.get(fd, "read").bytes.splice(0, buffer.length);
    buffer.set(bytes);
    return bytes.length;
  }

  write(fd: Fd, buffer: Uint8Array): number {
    this.get(fd, "write").bytes.push(...buffer);
    return buffer.length;
  }

  /** What is open beside 0, 1 and 2, by what it is open on. */
  open(): string[] {
    return [...this.#table].filter(([fd]) => fd > 2).map(([, file]) => file.what);
  }
}
