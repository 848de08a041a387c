import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { errnoOf, messageOf } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { removeQuietly } from "../../base/files.ts";
import type { Logger } from "../../base/logger.ts";
import type { Event } from "./event.ts";
import { type Reading, readLog } from "./read-log.ts";

const { O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_NONBLOCK } = constants;
const mode = 0o600;

interface OpenedLog {
  readonly log: EventLog;
  readonly events: Event[];
}

/**
 * events.log: one JSON object a line, appended with one write(2) each, and rewritten whole when it has twice the lines that are kept.
 * Whoever kills this process, and when, leaves a file with every event that append() has returned for, and at most one torn line more.
 */
export class EventLog implements Disposable {
  readonly #path: string;
  readonly #keep: number;
  readonly #logger: Logger;
  /** Undefined while there is no room for the file, or no permission, and after the end. */
  #fd: number | undefined;
  #lines: number;
  #rewriteAt: number;
  /** The file ends in the middle of a line. */
  #torn = false;
  #closed = false;

  private constructor(path: string, keep: number, logger: Logger, fd: number | undefined, lines: number) {
    this.#path = path;
    this.#keep = keep;
    this.#logger = logger;
    this.#fd = fd;
    this.#lines = lines;
    this.#rewriteAt = 2 * keep;
  }

  /**
   * Never throws: a log that cannot be read or opened is reported, and tried again with the first event.
   *
   * @param keep how many of the last events the file keeps, at least; it has up to twice as many lines
   * @returns the log, and the events that it has, of which there may be more than `keep`
   */
  static open(path: string, keep: number, logger: Logger): OpenedLog {
    removeQuietly(besides(path));
    let fd: number | undefined;
    let reading: Reading = { events: [], lines: 0, torn: 0 };
    try {
      setAside(path, logger);
      fd = openLog(path);
      reading = readLog(fd, path, 2 * keep, logger);
    } catch (error) {
      logger.error("cannot read the event log", { path, error: messageOf(error) });
    }
    const log = new EventLog(path, keep, logger, fd, reading.lines);
    log.#cut(reading.torn);
    return { log, events: reading.events };
  }

  /**
   * Writes one event: afterwards it survives this process.
   *
   * @param stored the events before this one, at least the last that are kept: asked for when the file must be rewritten
   * @throws what open(2) or write(2) say: no room, a read-only file system. The file then has not got the event
   */
  append(event: Event, stored: () => readonly Event[]): void {
    const fd = this.#writable(stored);
    // a full disk takes the beginning of a line: then the next one must not continue it
    const line = Buffer.from(`${this.#torn ? "\n" : ""}${format(event)}`);
    const { size } = fstatSync(fd);
    try {
      writeAll(fd, line);
    } catch (error) {
      this.#torn = !shortened(fd, size) || this.#torn;
      throw error;
    }
    this.#torn = false;
    this.#lines += 1;
    failpoint("event.written");
  }

  /** A line without its end was never told to anybody: what it stood for is found again, and told then. */
  #cut(torn: number): void {
    if (torn === 0 || this.#fd === undefined) return;
    this.#logger.warn("cut a torn last line off the event log", { path: this.#path, bytes: torn });
    this.#torn = !shortened(this.#fd, fstatSync(this.#fd).size - torn);
  }

  #writable(stored: () => readonly Event[]): number {
    if (this.#closed) throw new Error(`${this.#path} is closed`);
    this.#fd ??= openLog(this.#path);
    // somebody has removed the file: what went to it now would be lost with this process
    if (fstatSync(this.#fd).nlink === 0) return this.#rewrite(stored());
    if (this.#lines < this.#rewriteAt) return this.#fd;
    try {
      return this.#rewrite(stored());
    } catch (error) {
      // without room for a second file the log grows on
      this.#rewriteAt = this.#lines + this.#keep;
      const errno = errnoOf(error);
      this.#logger.warn("could not shorten the event log", {
        path: this.#path,
        error: messageOf(error),
        errno,
      });
      return this.#fd;
    }
  }

  /** Writes the last events beside the file and renames: a crash leaves the old file or the new one, and both hold every event. */
  #rewrite(stored: readonly Event[]): number {
    const last = stored.slice(-this.#keep);
    const beside = besides(this.#path);
    const fd = openSync(beside, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, mode);
    try {
      writeAll(fd, Buffer.from(last.map(format).join("")));
      failpoint("event.rewritten");
      renameSync(beside, this.#path);
    } catch (error) {
      closeSync(fd);
      removeQuietly(beside);
      throw error;
    }
    failpoint("event.replaced");
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = fd;
    this.#torn = false;
    this.#lines = last.length;
    this.#rewriteAt = 2 * this.#keep;
    return fd;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

const besides = (path: string): string => `${path}.new`;

/** O_NONBLOCK: should it be a FIFO, nobody waits for its other end. */
function openLog(path: string): number {
  return openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK, mode);
}

/** What is no file cannot be a log: it gets another name, so that there can be one. */
function setAside(path: string, logger: Logger): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  const aside = `${path}.${Date.now()}.damaged`;
  renameSync(path, aside);
  logger.error("the event log was no file", { path, aside });
}

function writeAll(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
}

/** Whether the file has its former size again. */
function shortened(fd: number, size: number): boolean {
  try {
    ftruncateSync(fd, size);
    return true;
  } catch {
    return false;
  }
}

function format(event: Event): string {
  const { type, id, pid, status, instance } = event;
  return `${JSON.stringify({ type, id, pid, status, timestamp: String(event.timestamp), instance })}\n`;
}
