import { Fields } from "../base/fields.ts";
import { readIfThere, replaceFile } from "../base/files.ts";
import { isId } from "../base/ids.ts";
import type { ContainerDir } from "./layout.ts";

/** state.json: what CreateContainer was asked for, written before anything is started. Field names are 0.2.9's where it has them. */
export interface ContainerRecord {
  readonly id: string;
  /** Sixteen random hex digits: they tell two lives of one id apart. */
  readonly instance: string;
  readonly bundle: string;
  readonly labels: readonly string[];
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  /** The shim's name, a folder of shims/. */
  readonly shim: string;
  readonly noPivotRoot: boolean;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Which boot of the machine it belongs to: after another one, none of its processes can be alive. */
  readonly bootId: string;
  /** linux.cgroupsPath of its config.json; empty where that has none. */
  readonly cgroupsPath: string;
  /** When it was asked for, in ns since 1970. */
  readonly created: bigint;
  /** Whether the kernel ends its processes with its init. */
  readonly ownPidNamespace: boolean;
}

/**
 * @param expected the directory's name, which the record's id must be
 * @returns undefined where there is no file
 * @throws INVALID_ARGUMENT where it is damaged, or another container's
 */
export function readContainerRecord(directory: ContainerDir, expected: string): ContainerRecord | undefined {
  const text = readIfThere(directory.stateFile);
  if (text === undefined) return undefined;
  const fields = Fields.parse(directory.stateFile, text);
  const id = fields.string("id");
  if (id !== expected) fields.refuse(`its id is not ${expected}`);
  const instance = fields.string("instance");
  if (!/^[0-9a-f]{16}$/.test(instance)) fields.refuse("instance must be 16 hex digits");
  const shim = fields.string("shim");
  if (!isId(shim)) fields.refuse("shim is no shim's name");
  return {
    ...{ id, instance, shim, bundle: fields.string("bundle"), labels: fields.strings("labels", []) },
    ...{
      runtime: fields.string("runtime"),
      runtimeArgs: fields.strings("runtimeArgs", []),
      noPivotRoot: fields.boolean("noPivotRoot", false),
    },
    ...{
      stdin: fields.string("stdin", ""),
      stdout: fields.string("stdout", ""),
      stderr: fields.string("stderr", ""),
    },
    ...{
      bootId: fields.string("bootId"),
      created: fields.bigint("created"),
      ownPidNamespace: fields.boolean("ownPidNamespace"),
      cgroupsPath: fields.string("cgroupsPath"),
    },
  };
}

export function writeContainerRecord(directory: ContainerDir, record: ContainerRecord): void {
  replaceFile(directory.stateFile, JSON.stringify({ ...record, created: String(record.created) }));
}
