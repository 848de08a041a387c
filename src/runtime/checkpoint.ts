import { mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { fromErrno } from "../base/errno.ts";
import { errnoOf, Failure } from "../base/errors.ts";
import { failpoint } from "../base/failpoint.ts";
import { Fields } from "../base/fields.ts";
import { readIfThere, removeTree, replaceFile } from "../base/files.ts";
import { checkId, isId } from "../base/ids.ts";
import { config, keepWhileMaking, settleCheckpoint, unfinished } from "./checkpoint-leftovers.ts";
import { criuFailure, criuWorkDirectory } from "./cli/criu.ts";
import type { RuntimeCli } from "./cli/runtime-cli.ts";
import { writeCriuConfigs } from "./criu-configs.ts";

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
  /** Where the checkpoint's own directory is made. */
  readonly directory: string;
  readonly info: CheckpointInfo;
  readonly runtime: RuntimeCli;
  readonly id: string;
  /** The container's init, on the host. */
  readonly pid: number;
  readonly signal: AbortSignal;
  readonly dumped: () => void;
}

/**
 * Has the runtime freeze a container into files, its memory among them: nobody but root may read them.
 *
 * @throws ALREADY_EXISTS for a name in use; the runtime's failure with CRIU's reason, and then nothing is left
 */
export async function dumpCheckpoint(dump: Dump): Promise<void> {
  const { directory, info, runtime, id, signal } = dump;
  checkId("checkpoint name", info.name);
  const path = join(directory, info.name);
  await settleCheckpoint(directory, info.name);
  using _making = keepWhileMaking(path);
  await using undo = new AsyncDisposableStack();
  reserve(directory, info);
  undo.defer(() => removeTree(directory, info.name));
  failpoint("checkpoint.prepared");
  const work = criuWorkDirectory(path);
  mkdirSync(work, { mode: 0o700 });
  const env = writeCriuConfigs(path, dump.pid);
  try {
    await runtime.checkpoint(id, ["--image-path", path, "--work-path", work, ...flagsOf(info)], {
      signal,
      env,
    });
  } catch (error) {
    throw criuFailure(error, join(work, "dump.log"));
  }
  dump.dumped();
  renameSync(join(path, unfinished), join(path, config));
  undo.move();
}

/** As 0.2.9 has them: what is allowed here is allowed again at the restore, by config.json. */
function flagsOf(info: CheckpointInfo): string[] {
  return [
    ...(info.exit ? [] : ["--leave-running"]),
    ...(info.tcp ? ["--tcp-established"] : []),
    ...(info.shell ? ["--shell-job"] : []),
    ...(info.unixSockets ? ["--ext-unix-sk"] : []),
    ...info.emptyNS.flatMap((namespace) => ["--empty-ns", namespace]),
  ];
}

/** The name becomes this dump's: a directory of its own, or an empty one that the client has made (Docker does). Anything else stays. */
function reserve(directory: string, info: CheckpointInfo): void {
  const { name, exit, tcp, unixSockets, shell, emptyNS } = info;
  const path = join(directory, name);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    if (isEmpty(path)) rmdirSync(path);
    mkdirSync(path, { mode: 0o700 });
    const created = new Date().toISOString();
    replaceFile(
      join(path, unfinished),
      JSON.stringify({ created, name, tcp, unixSockets, shell, exit, emptyNS }),
    );
  } catch (error) {
    throw fromErrno(error, `mkdir ${path}`);
  }
}

function isEmpty(path: string): boolean {
  return namesIn(path)?.length === 0;
}

/** @throws NOT_FOUND where there is no checkpoint of that name: nothing else is ever removed, and no bundle for its config.json */
export async function deleteCheckpoint(directory: string, name: string): Promise<void> {
  if (name === "") throw new Failure("INVALID_ARGUMENT", "checkpoint name cannot be empty");
  checkId("checkpoint name", name);
  const path = join(directory, name);
  await settleCheckpoint(directory, name);
  if (readCheckpoint(path, name) === undefined)
    throw new Failure("NOT_FOUND", `no checkpoint ${name} in ${directory}`);
  try {
    await removeTree(directory, name);
  } catch (error) {
    throw fromErrno(error, `remove ${path}`);
  }
}

/** By name; a directory that is no checkpoint, or whose config.json is damaged, is passed over. None where there is no directory. */
export async function listCheckpoints(directory: string): Promise<readonly CheckpointInfo[]> {
  const names = (namesIn(directory) ?? []).filter(isId).sort();
  for (const name of names) await settleCheckpoint(directory, name);
  return names
    .map((name) => readCheckpoint(join(directory, name), name))
    .filter((info) => info !== undefined);
}

function readCheckpoint(path: string, name: string): CheckpointInfo | undefined {
  try {
    const file = join(path, config);
    const text = readIfThere(file);
    if (text === undefined) return undefined;
    const fields = Fields.parse(file, text);
    // a bundle has a config.json too: a checkpoint's says what it is called
    fields.string("name");
    return {
      name,
      exit: fields.boolean("exit", false),
      tcp: fields.boolean("tcp", false),
      unixSockets: fields.boolean("unixSockets", false),
      shell: fields.boolean("shell", false),
      // 0.2.9 may have written null
      emptyNS: fields.strings("emptyNS", []),
    };
  } catch {
    return undefined;
  }
}

/** @returns undefined where there is no such directory */
function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw fromErrno(error, `read ${path}`);
  }
}
