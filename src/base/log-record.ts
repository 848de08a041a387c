/**
 * A container's log, as the shim writes it and `ctr logs` reads it: JSON, one record a line. A record whose text ends with a newline ends
 * a line of the container's; without one, the stream's next record goes on.
 */
export interface LogRecord {
  /** When it was read from the container, RFC 3339 in UTC with nine decimals: as texts they are in the order of time. */
  readonly time: string;
  readonly stream: LogStream;
  readonly log: string;
}

export type LogStream = "stdout" | "stderr";

/** A record is at most so long, in UTF-16 units: a line without an end must fit in memory too. */
export const longestRecord = 16 << 10;

/** Where the older files of a log are: the newest is `path` itself, then path.1, path.2, … */
export function rotated(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`;
}

/** @param at ns since 1970 */
export function logTime(at: bigint): string {
  const whole = new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(at % 1_000_000_000n).padStart(9, "0")}Z`;
}

/** Cuts what was read at once into records' texts. */
export function cutLines(text: string): string[] {
  const lines: string[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const next = Math.min(end === -1 ? text.length : end + 1, from + longestRecord);
    // A character of two units stays whole.
    const high = next < text.length && (text.charCodeAt(next - 1) & 0xfc00) === 0xd800;
    const to = high ? next - 1 : next;
    lines.push(text.slice(from, to));
    from = to;
  }
  return lines;
}

/** @returns undefined for a line that is no record: one that a full disk or a killed writer left */
export function parseRecord(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== "object" || value === null) return false;
  const { time, stream, log } = value as Partial<Record<keyof LogRecord, unknown>>;
  return typeof time === "string" && typeof log === "string" && (stream === "stdout" || stream === "stderr");
}
