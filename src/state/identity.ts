import { Fields } from "../base/fields.ts";
import { readIfThere, replaceFile } from "../base/files.ts";
import type { ProcessDir } from "./layout.ts";

/** Which process it is: a pid is used again; a pid with its start time and boot id is one process for good. */
export interface Identity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: bigint;
  readonly bootId: string;
}

/** proc(5): the largest pid_max of a 64-bit kernel. */
const lastPid = 4194304;

/**
 * @returns undefined where there is no file
 * @throws INVALID_ARGUMENT where it is damaged
 */
export function readIdentity(directory: ProcessDir): Identity | undefined {
  const text = readIfThere(directory.identityFile);
  if (text === undefined) return undefined;
  const fields = Fields.parse(directory.identityFile, text);
  return {
    pid: fields.integer("pid", 1, lastPid),
    startTime: fields.bigint("startTime"),
    bootId: fields.string("bootId"),
  };
}

export function writeIdentity(directory: ProcessDir, identity: Identity): void {
  replaceFile(directory.identityFile, JSON.stringify({ ...identity, startTime: String(identity.startTime) }));
}

/** The pid that the runtime wrote; undefined where it wrote none (yet), or something else. */
export function readPidFile(directory: ProcessDir): number | undefined {
  const text = readIfThere(directory.pidFile)?.trim() ?? "";
  const pid = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return pid >= 1 && pid <= lastPid ? pid : undefined;
}
