import { getSystemErrorMap } from "node:util";
import { type Code, errnoOf, Failure, messageOf } from "./errors.ts";

/** The one place that turns an errno into a code, as 0.2.x's Go library does for the first three. */
const codes: Readonly<Record<string, Code>> = {
  ENOENT: "NOT_FOUND",
  EEXIST: "ALREADY_EXISTS",
  EACCES: "PERMISSION_DENIED",
  EPERM: "PERMISSION_DENIED",
  ESRCH: "NOT_FOUND",
  EINVAL: "INVALID_ARGUMENT",
  ENAMETOOLONG: "INVALID_ARGUMENT",
  ENOTDIR: "INVALID_ARGUMENT",
  EISDIR: "INVALID_ARGUMENT",
  ELOOP: "INVALID_ARGUMENT",
  ENOSPC: "RESOURCE_EXHAUSTED",
  EDQUOT: "RESOURCE_EXHAUSTED",
  EMFILE: "RESOURCE_EXHAUSTED",
  ENFILE: "RESOURCE_EXHAUSTED",
  ENOMEM: "RESOURCE_EXHAUSTED",
  EAGAIN: "RESOURCE_EXHAUSTED",
  EROFS: "FAILED_PRECONDITION",
  EBUSY: "FAILED_PRECONDITION",
  EADDRINUSE: "FAILED_PRECONDITION",
  EPIPE: "UNAVAILABLE",
  ECONNREFUSED: "UNAVAILABLE",
  ECONNRESET: "UNAVAILABLE",
  ETIMEDOUT: "DEADLINE_EXCEEDED",
  ENOTSUP: "UNIMPLEMENTED",
  EOPNOTSUPP: "UNIMPLEMENTED",
  ENOSYS: "UNIMPLEMENTED",
};

/** strerror(3)'s words, which clients match, where libuv's differ ("file already exists", "illegal operation on a directory"). */
const texts: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EEXIST: "file exists",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EINVAL: "invalid argument",
  EBUSY: "device or resource busy",
  EMFILE: "too many open files",
  ENXIO: "no such device or address",
};

/**
 * An operating system's error as a failure that says what was tried.
 *
 * @param action what was tried, with its object: "open /x/y"
 * @returns a Failure unchanged; else one with the errno's code and a text as Go's and strerror(3)'s: "open /x/y: no such file or directory"
 */
export function fromErrno(error: unknown, action: string): Failure {
  if (error instanceof Failure) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return new Failure("UNKNOWN", `${action}: ${messageOf(error)}`, { cause: error });
  return new Failure(codes[errno] ?? "UNKNOWN", `${action}: ${textOf(errno)}`, { cause: error });
}

function textOf(errno: string): string {
  const known = texts[errno];
  if (known !== undefined) return known;
  for (const [name, text] of getSystemErrorMap().values()) if (name === errno) return text;
  return errno;
}
