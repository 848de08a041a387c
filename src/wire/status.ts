/** gRPC's status codes: the place in this list is the number on the wire. */
export const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export type StatusName = (typeof statusNames)[number];

/** The name of a code as it came; what is no code is UNKNOWN, as the protocol wants. */
export function statusName(code: number): StatusName {
  return statusNames[code] ?? "UNKNOWN";
}

/** The number of a status on the wire. */
export function statusNumber(name: StatusName): number {
  return statusNames.indexOf(name);
}
