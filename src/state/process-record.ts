import { Fields } from "../base/fields.ts";
import { readIfThere, replaceFile } from "../base/files.ts";
import type { ProcessSpec } from "../oci/spec.ts";
import type { ProcessDir } from "./layout.ts";

/**
 * process.json: a process of config.json's form, which the runtime's exec reads as it is, and beside it what the shim must know. Field
 * names are 0.2.9's.
 */
export interface ProcessRecord extends ProcessSpec {
  /** false: the container's init. */
  readonly exec: boolean;
  /** Paths of FIFOs or files; empty is /dev/null. */
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly runtimeArgs: readonly string[];
  readonly noPivotRoot: boolean;
  /** A checkpoint's directory: the container is restored from it instead of started. */
  readonly checkpoint?: string;
  /** Whom the container's root is on the host. */
  readonly rootUID: number;
  readonly rootGID: number;
  /** Where the shim writes stdout and stderr, whose paths are empty then. */
  readonly log?: LogTarget;
}

/** A log file and how it is rotated. */
export interface LogTarget {
  /** The newest file, absolute; older ones have .1, .2, … behind. */
  readonly path: string;
  /** In bytes, of each file. */
  readonly maxSize: number;
  /** With the newest. */
  readonly maxFiles: number;
}

/**
 * @returns undefined where there is no file
 * @throws INVALID_ARGUMENT where it is damaged
 */
export function readProcessRecord(directory: ProcessDir): ProcessRecord | undefined {
  const text = readIfThere(directory.processFile);
  if (text === undefined) return undefined;
  const fields = Fields.parse(directory.processFile, text);
  const user = fields.fields("user");
  const id = 4294967295;
  return {
    // what this system does not look into (capabilities, rlimits, labels) is passed on to the runtime, which checks it
    ...(fields.raw as Partial<ProcessSpec>),
    user: {
      ...(user.raw as Partial<ProcessSpec["user"]>),
      uid: user.integer("uid", 0, id, 0),
      gid: user.integer("gid", 0, id, 0),
    },
    ...{
      terminal: fields.boolean("terminal", false),
      args: fields.strings("args"),
      env: fields.strings("env", []),
      cwd: fields.string("cwd"),
    },
    ...{
      exec: fields.boolean("exec"),
      noPivotRoot: fields.boolean("noPivotRoot", false),
      runtimeArgs: fields.strings("runtimeArgs", []),
    },
    ...{
      stdin: fields.string("stdin", ""),
      stdout: fields.string("stdout", ""),
      stderr: fields.string("stderr", ""),
    },
    ...{ rootUID: fields.integer("rootUID", 0, id, 0), rootGID: fields.integer("rootGID", 0, id, 0) },
    ...(fields.has("checkpoint") ? { checkpoint: fields.string("checkpoint") } : {}),
    ...(fields.has("log") ? { log: logTarget(fields.fields("log")) } : {}),
  };
}

function logTarget(fields: Fields): LogTarget {
  const most = Number.MAX_SAFE_INTEGER;
  return {
    path: fields.string("path"),
    maxSize: fields.integer("maxSize", 1, most),
    maxFiles: fields.integer("maxFiles", 1, 1000),
  };
}

/** 0600: the environment holds people's passwords. */
export function writeProcessRecord(directory: ProcessDir, record: ProcessRecord): void {
  replaceFile(directory.processFile, exactLimits(JSON.stringify(record)));
}

/**
 * RLIM_INFINITY is 2^64 - 1, and the nearest double is 2^64, which is no uint64: a runtime refuses the file. Within a string the quotes
 * would have backslashes.
 */
function exactLimits(json: string): string {
  return json.replace(/"(soft|hard)":18446744073709552000\b/g, '"$1":18446744073709551615');
}
