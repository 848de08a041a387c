import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";

const nameOf = errnoNames();

/** A system call that failed. Its `code` is the name that errno(3) has for the reason, as in Node's own errors. */
export class SysError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  /** @param errno positive, as libc sets it @param subject what it was about: a path, mostly */
  constructor(syscall: string, errno: number, subject?: string) {
    const code = nameOf.get(errno) ?? `E${errno}`;
    const about = subject === undefined ? syscall : `${syscall} ${subject}`;
    super(`${about}: ${code}: ${getSystemErrorMessage(-errno)}`);
    this.name = "SysError";
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
}

/** Runs a call of node:fs and turns its failure into a SysError, so that callers see one kind of error. */
export function asSysError<T>(syscall: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && "errno" in error && typeof error.errno === "number") {
      throw new SysError(syscall, -error.errno, "path" in error ? String(error.path) : undefined);
    }
    throw error;
  }
}

/** Two numbers have two names on Linux; the first one here is what Node says (EAGAIN, ENOTSUP). */
function errnoNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>([
    [constants.errno.EAGAIN, "EAGAIN"],
    [constants.errno.ENOTSUP, "ENOTSUP"],
  ]);
  for (const [name, errno] of Object.entries(constants.errno)) {
    if (!names.has(errno)) names.set(errno, name);
  }
  return names;
}
