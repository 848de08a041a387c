import { Failure } from "../base/errors.ts";

/** Signals are numbers of signal(7): 1 to 64, the last real-time one. */
const lastSignal = 64;
/** A terminal's size is two unsigned shorts (ioctl_tty(2)). */
const largestSize = 65_535;

const invalid = (message: string): Failure => new Failure("INVALID_ARGUMENT", message);

export function checkSignal(signal: number): void {
  if (signal < 1 || signal > lastSignal) {
    throw invalid(`invalid signal ${signal}: expected a number of signal(7), 1 to ${lastSignal}`);
  }
}

export function checkTerminalSize(width: number, height: number): void {
  for (const [name, size] of Object.entries({ width, height })) {
    if (size > largestSize) throw invalid(`invalid ${name} ${size}: a terminal has at most ${largestSize}`);
  }
}

/** A path that the daemon opens, "" where none is wanted. The daemon's working directory is nothing that a client knows. */
export function checkPath(name: string, path: string): void {
  if (path.includes("\0")) throw invalid(`invalid ${name}: it has a NUL byte in it`);
  if (path !== "" && !path.startsWith("/"))
    throw invalid(`invalid ${name} "${path}": expected an absolute path`);
}

/** What becomes an argument or a line of an environment, which NUL would end. */
export function checkStrings(name: string, values: readonly string[]): void {
  if (values.some((value) => value.includes("\0"))) throw invalid(`invalid ${name}: it has a NUL byte in it`);
}
