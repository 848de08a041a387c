import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseByteSize } from "../base/byte-size.ts";
import { fromErrno } from "../base/errno.ts";
import { Failure } from "../base/errors.ts";
import type { LogTarget } from "../state/process-record.ts";

export type LogDriver = "none" | "file";

/** --log-driver and its kin; a container's labels go before them. */
export interface LogSettings {
  readonly driver: LogDriver;
  /** Absolute; each container has a directory of its id in it. */
  readonly directory: string;
  /** In bytes, of each file. */
  readonly maxSize: number;
  readonly maxFiles: number;
}

/** A label is "NAME=VALUE". */
const labels = {
  driver: "containerd-ts.log-driver",
  maxSize: "containerd-ts.log-max-size",
  maxFiles: "containerd-ts.log-max-files",
} as const;

/** A record fits. */
export const leastLogSize = 64 << 10;
export const mostLogFiles = 1000;

/**
 * Where a new container's output goes, and makes the directory. What a client reads itself is not written down.
 *
 * @throws INVALID_ARGUMENT for a label that cannot be
 */
export function logTarget(
  settings: LogSettings,
  task: {
    readonly id: string;
    readonly labels: readonly string[];
    readonly stdout: string;
    readonly stderr: string;
  },
): LogTarget | undefined {
  const { driver, maxSize, maxFiles } = withLabels(settings, task.labels);
  if (driver === "none" || task.stdout !== "" || task.stderr !== "") return undefined;
  const directory = join(settings.directory, task.id);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromErrno(error, `mkdir ${directory}`);
  }
  return { path: join(directory, "output.log"), maxSize, maxFiles };
}

function withLabels(settings: LogSettings, given: readonly string[]): LogSettings {
  const value = (name: string): string | undefined =>
    given.findLast((label) => label.startsWith(`${name}=`))?.slice(name.length + 1);
  const read = <T>(name: string, otherwise: T, parse: (text: string) => T | undefined, wanted: string): T => {
    const text = value(name);
    if (text === undefined) return otherwise;
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    throw new Failure("INVALID_ARGUMENT", `label ${name} must be ${wanted}, not ${JSON.stringify(text)}`);
  };
  return {
    ...settings,
    driver: read(labels.driver, settings.driver, logDriver, "file or none"),
    maxSize: read(labels.maxSize, settings.maxSize, logSize, "a size from 64k up, such as 10M"),
    maxFiles: read(labels.maxFiles, settings.maxFiles, logFiles, `a number from 1 to ${mostLogFiles}`),
  };
}

/** The readings of flags and labels: undefined for what cannot be. */
export function logDriver(text: string): LogDriver | undefined {
  return text === "none" || text === "file" ? text : undefined;
}

export function logSize(text: string): number | undefined {
  try {
    const size = parseByteSize(text);
    return size >= leastLogSize ? size : undefined;
  } catch {
    return undefined;
  }
}

export function logFiles(text: string): number | undefined {
  const files = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return files >= 1 && files <= mostLogFiles ? files : undefined;
}
