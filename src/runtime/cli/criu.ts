import { Failure, messageOf } from "../../base/errors.ts";
import { readIfThere } from "../../base/files.ts";

/** Written into a checkpoint when it is made, for CRIU to read when it is restored. */
export const restoreConfig = "criu.restore.conf";

/** Where CRIU leaves its logs: 0.2.9's name. */
export const criuWorkDirectory = (checkpoint: string): string => `${checkpoint}/criu.work`;

/** The environment that a runtime's restore needs beside its own. Nothing for a checkpoint that another system made. */
export function restoreEnvironment(checkpoint: string): string[] {
  const path = `${checkpoint}/${restoreConfig}`;
  return readIfThere(path) === undefined ? [] : [`CRIU_CONFIG_FILE=${path}`];
}

/**
 * A failure of checkpoint or restore with CRIU's own reason: all that the runtime says is where the log was.
 *
 * @param log dump.log or restore.log in the work directory
 */
export function criuFailure(error: unknown, log: string): unknown {
  if (!(error instanceof Failure)) return error;
  if (/criu.*executable file not found/.test(error.message))
    return new Failure("FAILED_PRECONDITION", "criu not installed on system", { cause: error });
  if (error.message.includes("unknown command"))
    return new Failure("UNIMPLEMENTED", `${error.message}: it has no checkpoints`, { cause: error });
  const reasons = readReasons(log);
  if (reasons.length === 0) return error;
  const stream = streamWithoutFifo(reasons);
  if (stream !== undefined)
    return new Failure(
      "FAILED_PRECONDITION",
      `cannot restore: the checkpoint was made with a FIFO as ${stream}, and can only be restored with one`,
      { cause: error },
    );
  // the directory goes, and the log with it
  const said = messageOf(error).replace(/\s*log file: \S+/, "");
  return new Failure(error.code, `${said}: ${reasons.join("; ")}`, { cause: error });
}

/** A FIFO's buffer cannot be what /dev/null or a plain file was given for: CRIU sizes it first. */
function streamWithoutFifo(reasons: readonly string[]): string | undefined {
  const [first = "", second = ""] = reasons;
  if (!first.startsWith("Can't restore pipe size")) return undefined;
  const fd = /^Can't open file fd\/([012]):/.exec(second)?.[1];
  return fd === undefined ? undefined : ["stdin", "stdout", "stderr"][Number(fd)];
}

/** How many of its lines are told: the first is the cause, what follows are its consequences. */
const told = 3;

/** Lines "(00.141778) Error (criu/files-reg.c:1790): Can't lookup mount=27 for fd=0 path=/x". */
function readReasons(log: string): string[] {
  let text: string | undefined;
  try {
    text = readIfThere(log);
  } catch {
    return [];
  }
  const lines = text?.split("\n").filter((line) => / Error \(/.test(line)) ?? [];
  const reasons = lines.map((line) => line.replace(/^.* Error \([^)]*\): /, "").trim());
  // said by every run that may not raise its own limits, and by every one that failed
  return reasons.filter((reason) => !/^rlimit: |^(Dumping|Restoring) FAILED/.test(reason)).slice(0, told);
}
