import { type Code, Failure } from "../../base/errors.ts";
import { readIfThere } from "../../base/files.ts";

/** What is known when a runtime has failed. */
export interface RuntimeFailure {
  /** Its log, one JSON object a line; undefined where it had none of its own. */
  readonly log?: string;
  readonly stderr: string;
  /** How it ended, in words: "exit status 1", "signal 9". */
  readonly ended: string;
}

/**
 * A failed command of the runtime, in its own words: clients match parts of them, so they stay as they are.
 *
 * @returns "oci runtime error: MESSAGE", or "shim error: …" where the runtime said nothing
 */
export function runtimeFailure(failure: RuntimeFailure): Failure {
  const message =
    lastError(failure.log) ?? lastError(failure.stderr) ?? failure.stderr.trim().split("\n").at(-1) ?? "";
  if (message === "")
    return new Failure("UNKNOWN", `shim error: the runtime ended with ${failure.ended} and said nothing`);
  return new Failure(codeOfMessage(message), `oci runtime error: ${message}`);
}

/** 0.2.x sends every runtime's failure as UNKNOWN; what a program can act on gets its code here. */
function codeOfMessage(message: string): Code {
  if (/executable file not found|no such file or directory/i.test(message)) return "NOT_FOUND";
  if (/container .*does not exist|container not found/i.test(message)) return "NOT_FOUND";
  if (/permission denied/i.test(message)) return "PERMISSION_DENIED";
  if (/already exists/i.test(message)) return "ALREADY_EXISTS";
  return "UNKNOWN";
}

/** The runtime's log, from which its last error is taken; undefined where there is none. */
export function readRuntimeLog(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch {
    return undefined;
  }
}

/**
 * Whether the log's last error is what was said on stderr. The log has every command's errors, so it may be an earlier one's; but where a
 * message has several lines, only the log tells where it begins.
 */
export function isOfSameFailure(log: string, stderr: string): boolean {
  const said = stderr.trim();
  if (said === "") return true;
  const message = lastError(log);
  return message !== undefined && said.endsWith(message);
}

function lastError(text: string | undefined): string | undefined {
  const lines = text?.trimEnd().split("\n") ?? [];
  for (const line of lines.reverse()) {
    const entry = parse(line);
    if (
      entry !== undefined &&
      (entry.level === undefined || entry.level === "error" || entry.level === "fatal")
    )
      return entry.msg.trim();
  }
  return undefined;
}

function parse(line: string): { readonly level?: unknown; readonly msg: string } | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("msg" in value) || typeof value.msg !== "string")
      return undefined;
    return { msg: value.msg, ...("level" in value ? { level: value.level } : {}) };
  } catch {
    return undefined;
  }
}
