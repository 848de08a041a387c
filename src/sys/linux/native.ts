import koffi from "koffi";

import { SysError } from "../sys-error.ts";

/** glibc 2.34 or newer: posix_spawn_file_actions_addclosefrom_np came with it. */
const glibc = koffi.load("libc.so.6");

export type Argument = number | bigint | string | null | NodeJS.ArrayBufferView | readonly (string | null)[];

/**
 * A function of libc. Variadic ones (open, ioctl, prctl) are declared with the arguments that are used: on x86_64 and
 * arm64 Linux these travel in the same registers.
 */
export function libc<Args extends readonly Argument[]>(declaration: string): (...args: Args) => number {
  return glibc.func(declaration);
}

/** Of the call that has just failed: nothing may run in between. */
export function lastErrno(): number {
  return koffi.errno();
}

/** What most of libc does: -1, and the reason in errno. libuv's handlers restart calls, so that EINTR needs no care. */
export function check(syscall: string, result: number, subject?: string): number {
  if (result === -1) throw new SysError(syscall, koffi.errno(), subject);
  return result;
}

const EINVAL = 22;

/** A NUL would silently end the string in C: "/run/a\0b" must not mean "/run/a". */
export function cString(text: string, syscall: string): string {
  if (text.includes("\0")) throw new SysError(syscall, EINVAL, JSON.stringify(text));
  return text;
}

/** Where a buffer is. The caller keeps the buffer referenced for as long as the number is used. */
export function addressOf(buffer: NodeJS.ArrayBufferView): bigint {
  return koffi.address(buffer);
}
