import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { errnoOf, messageOf } from "../../base/errors.ts";
import { Fields } from "../../base/fields.ts";
import { replaceFile } from "../../base/files.ts";
import type { Logger } from "../../base/logger.ts";
import type { Event, EventType } from "./event.ts";

const types: readonly EventType[] = [
  "start-container",
  "start-process",
  "exit",
  "pause",
  "resume",
  "oom",
  "live",
];

/**
 * events.log: one JSON object a line, appended with one write(2) each. A line that does not parse (torn by a crash, garbage, NUL bytes
 * of a file system that lost power) costs itself only.
 */
export class EventLog implements Disposable {
  readonly #path: string;
  readonly #retain: number;
  readonly #logger: Logger;
  #fd: number;
  /** Lines in the file. */
  #lines: number;

  private constructor(path: string, retain: number, logger: Logger, fd: number, lines: number) {
    this.#path = path;
    this.#retain = retain;
    this.#logger = logger;
    this.#fd = fd;
    this.#lines = lines;
  }

  /**
   * @param retain how many of the last events are kept
   * @returns the log, and those events
   */
  static open(
    path: string,
    retain: number,
    logger: Logger,
  ): { readonly log: EventLog; readonly events: Event[] } {
    const fd = openSync(path, "a+", 0o600);
    const bytes = readFileSync(path);
    const end = bytes.lastIndexOf("\n") + 1;
    const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
    const all: Event[] = [];
    for (const [index, line] of lines.entries()) {
      const event = parseEvent(`${path}:${index + 1}`, line, logger);
      if (event !== undefined && event.timestamp > (all.at(-1)?.timestamp ?? 0n)) all.push(event);
    }
    if (end < bytes.length) {
      // a line without its end was never told to anybody: what it stood for is found again, and told then
      logger.warn("cut a torn last line off the event log", { path, bytes: bytes.length - end });
      ftruncateSync(fd, end);
    }
    const events = all.slice(-retain);
    return { log: new EventLog(path, retain, logger, fd, lines.length), events };
  }

  /**
   * Writes one event: afterwards it survives this process.
   *
   * @param kept what to keep when the file is due to be rewritten: the last events before this one
   * @throws what write(2) says: no room, a read-only file system. The file is then as it was
   */
  append(event: Event, kept: () => readonly Event[]): void {
    if (this.#lines >= 2 * this.#retain) this.#compact(kept());
    const line = Buffer.from(format(event));
    const { size } = fstatSync(this.#fd);
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.#fd, line, written);
    } catch (error) {
      // a full disk takes the beginning of a line: the next one must not continue it
      if (written > 0) ftruncateSync(this.#fd, size);
      throw error;
    }
    this.#lines += 1;
  }

  /** Rewrites the file with the last events only. A crash leaves the old file or the new one, and both hold every event. */
  #compact(events: readonly Event[]): void {
    try {
      const last = events.slice(-this.#retain);
      replaceFile(this.#path, last.map(format).join(""));
      const fd = openSync(this.#path, "a", 0o600);
      closeSync(this.#fd);
      this.#fd = fd;
      this.#lines = last.length;
    } catch (error) {
      // without room for a second file the log just grows on
      this.#logger.warn("could not shorten the event log", {
        path: this.#path,
        error: messageOf(error),
        errno: errnoOf(error),
      });
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function format(event: Event): string {
  const { type, id, pid, status, instance } = event;
  return `${JSON.stringify({ type, id, pid, status, timestamp: String(event.timestamp), instance })}\n`;
}

function parseEvent(place: string, line: string, logger: Logger): Event | undefined {
  try {
    const fields = Fields.parse(place, line);
    const type = types.find((known) => known === fields.string("type"));
    if (type === undefined) return undefined;
    return {
      ...{
        type,
        id: fields.string("id"),
        pid: fields.string("pid", ""),
        status: fields.integer("status", 0, 255, 0),
      },
      ...{ timestamp: fields.bigint("timestamp"), instance: fields.string("instance", "") },
    };
  } catch (error) {
    logger.warn("skipped a line of the event log", { error: messageOf(error) });
    return undefined;
  }
}
