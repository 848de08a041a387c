import { readSync } from "node:fs";
import { abortFailure } from "../../base/deadline.ts";
import { fromErrno } from "../../base/errno.ts";
import { Failure } from "../../base/errors.ts";
import type { Semaphore } from "../../base/semaphore.ts";
import type { Children } from "../../sys/children.ts";
import { type Fd, type Sys, SysError, type WaitStatus } from "../../sys/sys.ts";

export interface Finished {
  readonly status: WaitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one program to its end. */
export type Execute = (argv: readonly string[], options?: ExecuteOptions) => Promise<Finished>;

export interface ExecuteOptions {
  readonly cwd?: string;
  /** KEY=value, beside those that every runtime gets. */
  readonly env?: readonly string[];
  /** Kills it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

type Needs = Pick<Sys, "memfd" | "openNull" | "close">;

/** What a runtime prints beyond this is of no use to anybody. */
const outputLimit = 4 << 20;

/**
 * Output goes to memfds, which need neither a reader nor a socket, and which a runtime's leftover child keeps nobody waiting with.
 *
 * @param slots bounds how many run at once: with more of them than the machine has cores, all become slower
 */
export function executor(
  sys: Needs,
  children: Pick<Children, "spawnAndWait">,
  slots: Semaphore,
  env: readonly string[],
): Execute {
  return async (argv, options = {}) => {
    const [file = ""] = argv;
    using _slot = await slots.acquire(options.signal);
    using descriptors = new DisposableStack();
    const own = (fd: Fd): Fd => descriptors.adopt(fd, (open) => sys.close(open));
    const stdin = own(sys.openNull());
    const stdout = own(sys.memfd("stdout"));
    const stderr = own(sys.memfd("stderr"));
    const cwd = options.cwd === undefined ? {} : { cwd: options.cwd };
    const status = await spawned(file, () =>
      children.spawnAndWait(
        {
          file,
          args: argv,
          env: [...env, ...(options.env ?? [])],
          stdin,
          stdout,
          stderr,
          ...cwd,
          newSession: true,
        },
        options.signal,
      ),
    );
    if (options.signal?.aborted === true && status.kind === "signaled") throw abortFailure(options.signal);
    return { status, stdout: readAll(stdout), stderr: readAll(stderr) };
  };
}

/** posix_spawn(3) tells of a failed exec itself: 0.2.x's text where the runtime is not there. */
export async function spawned<T>(file: string, spawn: () => Promise<T>): Promise<T> {
  try {
    return await spawn();
  } catch (error) {
    throw spawnFailure(file, error);
  }
}

export function spawnFailure(file: string, error: unknown): unknown {
  if (!(error instanceof SysError)) return error;
  if (error.code === "ENOENT")
    return new Failure("FAILED_PRECONDITION", `${file} not installed on system`, { cause: error });
  return fromErrno(error, `run ${file}`);
}

/** pread(2) from the start: the memfd's own offset is where its writer left it. */
function readAll(fd: Fd): string {
  const chunks: Buffer[] = [];
  for (let position = 0; position < outputLimit; ) {
    const chunk = Buffer.allocUnsafe(4096);
    const count = readSync(fd, chunk, 0, chunk.length, position);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    position += count;
  }
  return Buffer.concat(chunks).toString();
}

/** "exit status 1", "signal 9": as Go's os/exec and 0.2.x's messages have it. */
export function ended(status: WaitStatus): string {
  return status.kind === "exited" ? `exit status ${status.code}` : `signal ${status.signal}`;
}
