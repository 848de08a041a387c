/** What kind of failure it is: gRPC's names, since every failure may end as a status (google.rpc.Code). */
export type Code =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE";

/** A failure that somebody outside is told of: its message is one sentence for a person, its code is for a program. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: Code;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of whatever was thrown: UNKNOWN for what is no Failure, as the original sends everything. */
export function codeOf(error: unknown): Code {
  return error instanceof Failure ? error.code : "UNKNOWN";
}

/** A named errno ("ENOENT") of an error from node:fs, node:net or sys; undefined where there is none. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code;
}
