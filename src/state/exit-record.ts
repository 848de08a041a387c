import { Fields } from "../base/fields.ts";
import { readIfThere, replaceFile } from "../base/files.ts";
import type { ProcessDir } from "./layout.ts";

/** exitStatus: how a process ended, written before anybody is told. */
export interface ExitRecord {
  /** 0–255: the code, 128 + the signal's number, or 255 where nobody alive could see it. */
  readonly status: number;
  /** When, in ns since 1970. */
  readonly at: bigint;
}

/**
 * @returns undefined where there is no file
 * @throws INVALID_ARGUMENT where it is damaged
 */
export function readExitRecord(directory: ProcessDir): ExitRecord | undefined {
  const text = readIfThere(directory.exitFile);
  if (text === undefined) return undefined;
  const fields = Fields.parse(directory.exitFile, text);
  return { status: fields.integer("status", 0, 255), at: fields.bigint("at") };
}

export function writeExitRecord(directory: ProcessDir, record: ExitRecord): void {
  replaceFile(directory.exitFile, JSON.stringify({ status: record.status, at: String(record.at) }));
}
