import { InvalidArgument } from "./errors.ts";

/** A moment: nanoseconds since 1970, a Date, or RFC 3339 with up to nine decimals. */
export type Since = bigint | Date | string;

/** google.protobuf.Timestamp */
interface Timestamp {
  readonly seconds: bigint;
  /** 0–999,999,999, forward also before 1970. */
  readonly nanos: number;
}

const second = 1_000_000_000n;

/** @throws InvalidArgument */
export function nanosecondsOf(since: Since): bigint {
  if (typeof since === "bigint") return since;
  if (typeof since === "string") return parseTime(since);
  if (Number.isNaN(since.getTime())) throw new InvalidArgument("since is an invalid Date");
  return BigInt(since.getTime()) * 1_000_000n;
}

/** RFC 3339 to nanoseconds, which Date.parse would cut to milliseconds. */
function parseTime(text: string): bigint {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const [, day, time, fraction = "", zone = ""] = parts ?? [];
  const ms = parts === null ? Number.NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(ms))
    throw new InvalidArgument(
      `bad time "${text}": expected RFC 3339, such as 2016-11-25T10:00:00.123456789Z`,
    );
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** RFC 3339 in UTC with the decimals that it needs, as Go's RFC3339Nano. */
export function timeText(nanoseconds: bigint): string {
  const { seconds, nanos } = toTimestamp(nanoseconds);
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, "0").replace(/0+$/, "");
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}

export function toTimestamp(nanoseconds: bigint): Timestamp {
  // Not the remainder of a division: before 1970 nanos still count forward.
  const nanos = ((nanoseconds % second) + second) % second;
  return { seconds: (nanoseconds - nanos) / second, nanos: Number(nanos) };
}

export function fromTimestamp(timestamp: Partial<Timestamp> | undefined): bigint {
  return (timestamp?.seconds ?? 0n) * second + BigInt(timestamp?.nanos ?? 0);
}

export function dateOf(nanoseconds: bigint): Date {
  return new Date(Number(nanoseconds / 1_000_000n));
}

/** This host's time, in nanoseconds since 1970, a microsecond or so exact. */
export function now(): bigint {
  return BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}
