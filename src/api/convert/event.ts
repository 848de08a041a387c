import { EventSchema } from "../../gen/types/api_pb.ts";
import type { Event } from "../../supervisor/events/event.ts";
import { encode } from "../service.ts";
import { toTimestamp } from "./timestamp.ts";

const encoded = new WeakMap<Event, Buffer>();

/** An event as bytes of the wire, made once for however many subscribers. */
export function encodeEvent(event: Event): Buffer {
  let bytes = encoded.get(event);
  if (bytes === undefined) {
    const { type, id, pid, status, timestamp } = event;
    bytes = encode(EventSchema, { type, id, pid, status, timestamp: toTimestamp(timestamp) });
    encoded.set(event, bytes);
  }
  return bytes;
}
