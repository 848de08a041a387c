import type { StatusName } from "../wire/status.ts";

/** What went wrong, in gRPC's words. */
export type ErrorCode = Exclude<StatusName, "OK">;

export interface ErrorDetails {
  /** What this error came from: a socket's error, an AbortSignal's reason. */
  readonly cause?: unknown;
  /** The call that failed, such as "CreateContainer". */
  readonly method?: string | undefined;
}

/** Every error that a call of this SDK rejects with is one, mostly of a class of its own. */
export class ContainerdError extends Error {
  override readonly name: string = "ContainerdError";
  readonly code: ErrorCode;
  readonly method: string | undefined;

  constructor(code: ErrorCode, message: string, { cause, method }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.method = method;
  }
}

/** The caller's AbortSignal ended the call; `cause` is the signal's reason. */
export class Cancelled extends ContainerdError {
  override readonly name = "Cancelled";

  constructor(message: string, details?: ErrorDetails) {
    super("CANCELLED", message, details);
  }
}

/** An error without a code, as containerd 0.2.9 sends nearly all of its own. */
export class Unknown extends ContainerdError {
  override readonly name = "Unknown";

  constructor(message: string, details?: ErrorDetails) {
    super("UNKNOWN", message, details);
  }
}

/** The request cannot be right, whatever the daemon's state. */
export class InvalidArgument extends ContainerdError {
  override readonly name = "InvalidArgument";

  constructor(message: string, details?: ErrorDetails) {
    super("INVALID_ARGUMENT", message, details);
  }
}

/** The time of the call was over first. What was asked for may have happened all the same. */
export class DeadlineExceeded extends ContainerdError {
  override readonly name = "DeadlineExceeded";

  constructor(message: string, details?: ErrorDetails) {
    super("DEADLINE_EXCEEDED", message, details);
  }
}

/** No such container, process, checkpoint or file. */
export class NotFound extends ContainerdError {
  override readonly name = "NotFound";

  constructor(message: string, details?: ErrorDetails) {
    super("NOT_FOUND", message, details);
  }
}

/** The id, or the name of the process or checkpoint, is in use. */
export class AlreadyExists extends ContainerdError {
  override readonly name = "AlreadyExists";

  constructor(message: string, details?: ErrorDetails) {
    super("ALREADY_EXISTS", message, details);
  }
}

/** The caller, or the daemon, may not do this. */
export class PermissionDenied extends ContainerdError {
  override readonly name = "PermissionDenied";

  constructor(message: string, details?: ErrorDetails) {
    super("PERMISSION_DENIED", message, details);
  }
}

/** A limit is reached: disk, descriptors, the length of a message, an event stream's buffer. */
export class ResourceExhausted extends ContainerdError {
  override readonly name = "ResourceExhausted";

  constructor(message: string, details?: ErrorDetails) {
    super("RESOURCE_EXHAUSTED", message, details);
  }
}

/** The container is not in a state for this; or a program is missing on the daemon's host. */
export class FailedPrecondition extends ContainerdError {
  override readonly name = "FailedPrecondition";

  constructor(message: string, details?: ErrorDetails) {
    super("FAILED_PRECONDITION", message, details);
  }
}

/** Another operation came in between. */
export class Aborted extends ContainerdError {
  override readonly name = "Aborted";

  constructor(message: string, details?: ErrorDetails) {
    super("ABORTED", message, details);
  }
}

/** A value is outside of what is possible. */
export class OutOfRange extends ContainerdError {
  override readonly name = "OutOfRange";

  constructor(message: string, details?: ErrorDetails) {
    super("OUT_OF_RANGE", message, details);
  }
}

/** The daemon has no such call. */
export class Unimplemented extends ContainerdError {
  override readonly name = "Unimplemented";

  constructor(message: string, details?: ErrorDetails) {
    super("UNIMPLEMENTED", message, details);
  }
}

/** The daemon, or the connection to it, broke its own rules. */
export class Internal extends ContainerdError {
  override readonly name = "Internal";

  constructor(message: string, details?: ErrorDetails) {
    super("INTERNAL", message, details);
  }
}

/** The daemon cannot be reached, or the connection broke in the middle of the call. */
export class Unavailable extends ContainerdError {
  override readonly name = "Unavailable";

  constructor(message: string, details?: ErrorDetails) {
    super("UNAVAILABLE", message, details);
  }
}

/** Something cannot be recovered. */
export class DataLoss extends ContainerdError {
  override readonly name = "DataLoss";

  constructor(message: string, details?: ErrorDetails) {
    super("DATA_LOSS", message, details);
  }
}

/** The daemon does not know who calls. */
export class Unauthenticated extends ContainerdError {
  override readonly name = "Unauthenticated";

  constructor(message: string, details?: ErrorDetails) {
    super("UNAUTHENTICATED", message, details);
  }
}
