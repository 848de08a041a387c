import { readFileSync } from "node:fs";

/**
 * A file of /proc or of a cgroup, undefined where it is not there (any more). Synchronous: the kernel makes the text while it is read, in
 * some microseconds, where a trip to the thread pool costs tens of them.
 */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A file that holds one number; undefined for "max" and for what is not there. */
export function readNumber(path: string): bigint | undefined {
  return toNumber(readText(path)?.trim());
}

/** Lines of a key and a number: memory.stat, cpu.stat, memory.events. */
export function readKeyed(path: string): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const line of readText(path)?.split("\n") ?? []) {
    const [key = "", value] = line.split(" ");
    const number = toNumber(value);
    if (number !== undefined) found.set(key, number);
  }
  return found;
}

export function toNumber(text: string | undefined): bigint | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/** What v2 calls "max", as runc reports it: the largest uint64. */
export const noLimit = 2n ** 64n - 1n;
