import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, Failure } from "./errors.ts";

/**
 * Writes a file whole: beside its place, then renamed into it, so that whoever reads sees the old one or the new one.
 *
 * Synchronous on purpose: in the state directory (a tmpfs) this takes some tens of microseconds, where node:fs/promises costs four
 * trips to its thread pool and several times the CPU.
 *
 * @param mode permissions; 0600 where nothing else is said, since what daemon and shim write may hold environments
 */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  // with the pid, since daemon and shim may both write the record of one exit
  const beside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(beside, content, { mode });
    renameSync(beside, path);
  } catch (error) {
    removeQuietly(beside);
    throw error;
  }
}

/** Removes a file if that can be done: for cleaning up after an error, which is the one to be told of. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // a read-only file system, most likely: what made the first error
  }
}

/** A small file's text, undefined where there is none. Synchronous for replaceFile's reason. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

/**
 * Removes a directory's entry with everything in it. The name is checked here, where it would do harm: it may come from a file, and
 * ".." once made the recursive removal of everything above it.
 *
 * @param name one path component
 * @throws INVALID_ARGUMENT for any other name
 */
export async function removeTree(parent: string, name: string): Promise<void> {
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) {
    throw new Failure(
      "INVALID_ARGUMENT",
      `refused to remove ${JSON.stringify(name)} in ${parent}: it is no name of an entry`,
    );
  }
  await rm(join(parent, name), { recursive: true, force: true });
}
