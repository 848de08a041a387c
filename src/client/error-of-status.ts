import { statusName } from "../wire/status.ts";
import {
  Aborted,
  AlreadyExists,
  Cancelled,
  type ContainerdError,
  DataLoss,
  DeadlineExceeded,
  type ErrorCode,
  type ErrorDetails,
  FailedPrecondition,
  Internal,
  InvalidArgument,
  NotFound,
  OutOfRange,
  PermissionDenied,
  ResourceExhausted,
  Unauthenticated,
  Unavailable,
  Unimplemented,
  Unknown,
} from "./errors.ts";

const classes = {
  CANCELLED: Cancelled,
  UNKNOWN: Unknown,
  INVALID_ARGUMENT: InvalidArgument,
  DEADLINE_EXCEEDED: DeadlineExceeded,
  NOT_FOUND: NotFound,
  ALREADY_EXISTS: AlreadyExists,
  PERMISSION_DENIED: PermissionDenied,
  RESOURCE_EXHAUSTED: ResourceExhausted,
  FAILED_PRECONDITION: FailedPrecondition,
  ABORTED: Aborted,
  OUT_OF_RANGE: OutOfRange,
  UNIMPLEMENTED: Unimplemented,
  INTERNAL: Internal,
  UNAVAILABLE: Unavailable,
  DATA_LOSS: DataLoss,
  UNAUTHENTICATED: Unauthenticated,
} satisfies Record<ErrorCode, new (message: string, details?: ErrorDetails) => ContainerdError>;

/** The error of a code, of its class. */
export function errorOf(code: ErrorCode, message: string, details?: ErrorDetails): ContainerdError {
  return new classes[code](message, details);
}

/**
 * The error of a call's status on the wire. containerd 0.2.9 sends its errors without a code; those that are
 * known by their text get the one that this project's daemon sends.
 */
export function errorOfStatus(status: number, message: string, method: string): ContainerdError {
  const name = statusName(status);
  if (name === "OK") return new Internal("the status of a failed call is OK", { method });
  const code = name === "UNKNOWN" ? codeOfText(message) : name;
  return errorOf(code, message, { method });
}

function codeOfText(message: string): ErrorCode {
  if (/(container|process) not found|no such containers/.test(message)) return "NOT_FOUND";
  if (/file exists|already exists/.test(message)) return "ALREADY_EXISTS";
  if (/did not start before the specified timeout/.test(message)) return "DEADLINE_EXCEEDED";
  return "UNKNOWN";
}
