import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { Failure } from "../../base/errors.ts";

const nanosecondsOfSecond = 1_000_000_000n;

/** The seconds of Go's time.Time{} (0001-01-01): a Go client that sets no time sends this. */
const goZeroSeconds = -62_135_596_800n;

/** @param time nanoseconds since 1970 */
export function toTimestamp(time: bigint): MessageInitShape<typeof TimestampSchema> {
  // Rounded down, as protobuf wants nanos from 0 up on either side of 1970.
  const nanos = ((time % nanosecondsOfSecond) + nanosecondsOfSecond) % nanosecondsOfSecond;
  return { seconds: (time - nanos) / nanosecondsOfSecond, nanos: Number(nanos) };
}

/**
 * @returns nanoseconds since 1970; undefined for no time at all, which Go's zero time means too. Seconds 0 is a time: 1970.
 * @throws Failure INVALID_ARGUMENT for nanos outside a second
 */
export function fromTimestamp(timestamp: Timestamp | undefined): bigint | undefined {
  if (timestamp === undefined) return undefined;
  const { seconds, nanos } = timestamp;
  if (nanos < 0 || nanos > 999_999_999) {
    throw new Failure("INVALID_ARGUMENT", `invalid timestamp: nanos is ${nanos}, not from 0 to 999999999`);
  }
  if (seconds === goZeroSeconds) return undefined;
  return seconds * nanosecondsOfSecond + BigInt(nanos);
}
