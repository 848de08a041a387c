import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf } from "./errors.ts";
import { type LogRecord, type LogStream, parseRecord, rotated } from "./log-record.ts";

export interface ReadLogOptions {
  /** Only records from this moment on: RFC 3339 as in the records. */
  readonly since?: string;
  /** Only so many of the last lines. */
  readonly tail?: number;
  /** Goes on with what is being written until this resolves. */
  readonly until?: Promise<unknown>;
}

/** How often a followed log is looked at, in ms. inotify(7) is not told on every file system. */
const interval = 100;
/** More files than anybody keeps. */
const mostFiles = 1000;

/**
 * The records of a log, the oldest first, over its rotations.
 *
 * @param path the newest file
 * @throws ENOENT where there is none
 */
export async function* readLog(path: string, options: ReadLogOptions = {}): AsyncGenerator<LogRecord> {
  const { since = "", tail, until } = options;
  using files = new OpenFiles(path);
  const recent = (record: LogRecord): boolean => record.time >= since;
  const last = tail === undefined ? undefined : new LastLines(tail);
  let count = 0;
  for (const file of files.all()) {
    for (const record of file.read()) {
      count += 1;
      // Whoever reads may have others to serve.
      if (count % 1000 === 0) await new Promise(setImmediate);
      if (!recent(record)) continue;
      if (last === undefined) yield record;
      else last.add(record);
    }
  }
  if (last !== undefined) yield* last.records();
  if (until === undefined) return;
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  until.then(end, end);
  for (let quiet = 0; quiet < 2; ) {
    await pause(interval);
    // Looked at before the reading: what was written until the end is read after it.
    const isLast = ended;
    let read = false;
    for (const record of files.more()) {
      read = true;
      if (recent(record)) yield record;
    }
    quiet = isLast && !read ? quiet + 1 : 0;
  }
}

/** The last so many lines, of which each may be several records. */
class LastLines {
  readonly #most: number;
  readonly #lines: LogRecord[][] = [];
  /** Lines that have no end yet: one of each stream at most. */
  readonly #open = new Map<LogStream, LogRecord[]>();

  constructor(most: number) {
    this.#most = most;
  }

  add(record: LogRecord): void {
    let line = this.#open.get(record.stream);
    if (line === undefined) {
      line = [];
      this.#lines.push(line);
      this.#open.set(record.stream, line);
      if (this.#lines.length > this.#most) this.#lines.shift();
    }
    line.push(record);
    if (record.log.endsWith("\n")) this.#open.delete(record.stream);
  }

  records(): LogRecord[] {
    return this.#lines.flat();
  }
}

/** A log's files: what is open stays readable however often they are renamed. */
class OpenFiles implements Disposable {
  readonly #path: string;
  #files: LogFileReader[] = [];

  constructor(path: string) {
    this.#path = path;
    try {
      // From the newest on: one that is renamed meanwhile is met again, and known by its inode.
      for (let age = 0; age < mostFiles; age += 1) {
        const file = LogFileReader.open(rotated(path, age));
        if (file === undefined && age > 0) break;
        if (file === undefined) continue;
        if (this.#files.some(({ inode }) => inode === file.inode)) file[Symbol.dispose]();
        else this.#files.unshift(file);
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    if (this.#files.length === 0) openSync(path, "r");
  }

  /** The oldest first; each is closed when it has been read, but for the newest. */
  *all(): Generator<LogFileReader> {
    while (this.#files.length > 1) {
      const [first] = this.#files;
      if (first !== undefined) yield first;
      this.#files.shift()?.[Symbol.dispose]();
    }
    yield* this.#files;
  }

  /** What has been written since. */
  *more(): Generator<LogRecord> {
    for (;;) {
      const [current] = this.#files;
      if (current === undefined) return;
      yield* current.read();
      const next = this.#after(current);
      if (next === undefined) return;
      // what came between the reading and the renaming
      yield* current.read();
      current[Symbol.dispose]();
      this.#files = [next];
    }
  }

  /** The file that was begun after this one was renamed. */
  #after({ inode }: LogFileReader): LogFileReader | undefined {
    for (;;) {
      const inodes = inodesOf(this.#path);
      const age = inodes.indexOf(inode);
      if (age === 0 || inodes.length === 0) return undefined;
      const next = age === -1 ? inodes.length - 1 : age - 1;
      const file = LogFileReader.open(rotated(this.#path, next));
      if (file?.inode === inodes[next]) return file;
      file?.[Symbol.dispose]();
      if (file === undefined && inodesOf(this.#path).length === 0) return undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
    this.#files = [];
  }
}

function inodesOf(path: string): bigint[] {
  const inodes: bigint[] = [];
  for (let age = 0; age < mostFiles; age += 1) {
    const found = statSync(rotated(path, age), { bigint: true, throwIfNoEntry: false });
    if (found === undefined) break;
    inodes.push(found.ino);
  }
  return inodes;
}

class LogFileReader implements Disposable {
  readonly inode: bigint;
  readonly #fd: number;
  readonly #decoder = new StringDecoder("utf8");
  readonly #buffer = Buffer.allocUnsafe(64 << 10);
  #rest = "";

  private constructor(fd: number) {
    this.#fd = fd;
    this.inode = fstatSync(fd, { bigint: true }).ino;
  }

  static open(path: string): LogFileReader | undefined {
    try {
      return new LogFileReader(openSync(path, "r"));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** From where it was read to last, to its end as it is now. */
  *read(): Generator<LogRecord> {
    for (;;) {
      const count = readSync(this.#fd, this.#buffer);
      if (count === 0) return;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, count))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        const record = parseRecord(line);
        if (record !== undefined) yield record;
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
