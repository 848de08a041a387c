import { Failure } from "../base/errors.ts";
import type { RuntimeCli } from "./cli/runtime-cli.ts";

/** What a checkpoint is made with, and what its config.json says of it. */
export interface CheckpointInfo {
  readonly name: string;
  /** The container ends with it. */
  readonly exit: boolean;
  /** Open TCP connections are part of it. */
  readonly tcp: boolean;
  /** Unix sockets to the outside are part of it. */
  readonly unixSockets: boolean;
  /** It is a shell's job, with a terminal of the outside. */
  readonly shell: boolean;
  /** Namespaces that are left for others to restore: "network". */
  readonly emptyNS: readonly string[];
}

export interface Dump {
  readonly directory: string;
  readonly info: CheckpointInfo;
  readonly runtime: RuntimeCli;
  readonly id: string;
  readonly signal: AbortSignal;
  readonly dumped: () => void;
}

export function dumpCheckpoint(_dump: Dump): Promise<void> {
  return Promise.reject(new Failure("UNIMPLEMENTED", "checkpoints are not made yet"));
}

export function deleteCheckpoint(_directory: string, _name: string): Promise<void> {
  return Promise.reject(new Failure("UNIMPLEMENTED", "checkpoints are not made yet"));
}

export function listCheckpoints(_directory: string): Promise<readonly CheckpointInfo[]> {
  return Promise.reject(new Failure("UNIMPLEMENTED", "checkpoints are not made yet"));
}
