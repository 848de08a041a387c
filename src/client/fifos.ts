import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FailedPrecondition } from "./errors.ts";

export type StreamName = "stdin" | "stdout" | "stderr";

/** FIFOs in a directory of their own, by the name of their stream; disposing removes them. */
export interface Fifos extends AsyncDisposable {
  readonly paths: Readonly<Partial<Record<StreamName, string>>>;
}

/** What a program that ends while processes run would leave behind. */
const directories = new Set<string>();

function removeAll(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}

/**
 * Makes FIFOs for a process's streams, for nobody but the caller and root.
 *
 * @param parent where their directory is made; the daemon must see it under the same path
 * @throws FailedPrecondition where they cannot be made
 */
export async function makeFifos(names: readonly StreamName[], parent = tmpdir()): Promise<Fifos> {
  if (names.length === 0) return { paths: {}, [Symbol.asyncDispose]: async () => undefined };
  const directory = await mkdtemp(join(parent, "containerd-stdio-")).catch((error: Error) => {
    throw new FailedPrecondition(`cannot make a directory for stdio: ${error.message}`, { cause: error });
  });
  if (directories.size === 0) process.on("exit", removeAll);
  directories.add(directory);
  const remove = async () => {
    await rm(directory, { recursive: true, force: true });
    directories.delete(directory);
    if (directories.size === 0) process.off("exit", removeAll);
  };
  try {
    // Node has no call for mkfifo(3); one run of the program of that name makes them all.
    await promisify(execFile)("mkfifo", ["-m", "600", ...names.map((name) => join(directory, name))]);
  } catch (error) {
    await remove();
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no mkfifo in PATH" : String(error);
    throw new FailedPrecondition(`cannot make FIFOs for stdio: ${reason}`, { cause: error });
  }
  const paths = Object.fromEntries(names.map((name) => [name, join(directory, name)]));
  return { paths, [Symbol.asyncDispose]: remove };
}
