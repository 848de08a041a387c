import { fstatSync, readSync } from "node:fs";
import { messageOf } from "../../base/errors.ts";
import { Fields } from "../../base/fields.ts";
import type { Logger } from "../../base/logger.ts";
import type { Event, EventType } from "./event.ts";

const types: ReadonlySet<string> = new Set<EventType>([
  "start-container",
  "start-process",
  "exit",
  "pause",
  "resume",
  "oom",
  "live",
]);

/** Id and name of a process take 255 characters each; the rest of a line does not take 300. */
const longestLine = 1024;
/** How much of a file that is too long for its events is looked through for them: the end of it. */
const leastBytes = 16 << 20;
/** 2^63 ns is in 2262: a time beyond it is damage, and would drag all later events with it. */
const endOfTime = 2n ** 63n;
/** So many lost lines are told of one by one. */
const toldLosses = 5;

/** What a log's file holds. */
export interface Reading {
  readonly events: Event[];
  readonly lines: number;
  /** Bytes behind the last whole line: a line that a crash has torn. */
  readonly torn: number;
}

/**
 * Reads what can be read. A line that does not parse (garbage, NUL bytes of a file system that lost power, a line that was continued)
 * costs itself only, and the log says what was lost.
 *
 * @param most how many of the last events are wanted
 */
export function readLog(fd: number, path: string, most: number, logger: Logger): Reading {
  const bytes = readEnd(fd, Math.max(leastBytes, most * longestLine));
  const end = bytes.lastIndexOf("\n") + 1;
  const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
  const events: Event[] = [];
  const losses = new Losses(path, logger);
  for (const [index, line] of lines.entries()) {
    try {
      const event = parseEvent(`${path}:${index + 1}`, line);
      const last = events.at(-1)?.timestamp ?? 0n;
      if (event.timestamp > last) events.push(event);
      else losses.add(`${path}:${index + 1} is not later than the event before it`);
    } catch (error) {
      losses.add(messageOf(error));
    }
  }
  losses.sum(lines.length);
  return { events: events.slice(-most), lines: lines.length, torn: bytes.length - end };
}

/** A file's last bytes. */
function readEnd(fd: number, most: number): Buffer {
  const { size } = fstatSync(fd);
  const length = Math.min(size, most);
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const more = readSync(fd, bytes, got, length - got, size - length + got);
    if (more === 0) break;
    got += more;
  }
  return bytes.subarray(0, got);
}

function parseEvent(place: string, line: string): Event {
  const fields: Fields = Fields.parse(place, line);
  const type = fields.string("type");
  if (!isType(type)) fields.refuse(`no event is called ${JSON.stringify(type.slice(0, 64))}`);
  const timestamp = fields.bigint("timestamp");
  if (timestamp >= endOfTime) fields.refuse(`its timestamp is ${timestamp} ns, after the year 2262`);
  return {
    type,
    id: fields.string("id"),
    pid: fields.string("pid", ""),
    status: fields.integer("status", 0, 255, 0),
    instance: fields.string("instance", ""),
    timestamp,
  };
}

function isType(type: string): type is EventType {
  return types.has(type);
}

/** Lines that were lost: the first ones are told of one by one, a file of garbage does not flood the log. */
class Losses {
  readonly #path: string;
  readonly #logger: Logger;
  #count = 0;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  add(reason: string): void {
    this.#count += 1;
    if (this.#count <= toldLosses) this.#logger.warn("skipped a line of the event log", { reason });
  }

  sum(lines: number): void {
    if (this.#count > toldLosses)
      this.#logger.warn("lines of the event log were lost", { path: this.#path, lost: this.#count, lines });
  }
}
