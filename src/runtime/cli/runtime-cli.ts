import type { Failure } from "../../base/errors.ts";
import { Fields } from "../../base/fields.ts";
import { globalArguments } from "./arguments.ts";
import { isOfSameFailure, readRuntimeLog, runtimeFailure } from "./errors.ts";
import { type Execute, ended, type Finished } from "./execute.ts";

/** An OCI runtime as one container sees it. */
export interface RuntimeOptions {
  /** A name that is looked up in PATH, or a path. */
  readonly path: string;
  readonly args: readonly string[];
  /** Where it writes its log, one file for all of the container's commands. */
  readonly log: string;
}

/**
 * The commands of an OCI runtime (runc(8), crun(1)) that change a container which runs. Reading goes to the kernel itself; starting is the
 * shim's.
 */
export class RuntimeCli {
  readonly #execute: Execute;
  readonly #options: RuntimeOptions;

  constructor(execute: Execute, options: RuntimeOptions) {
    this.#execute = execute;
    this.#options = options;
  }

  /** Removes what the runtime keeps of a container; `force` kills it first, and does not mind where there is none. */
  async delete(id: string, options: { readonly force: boolean }, signal?: AbortSignal): Promise<void> {
    await this.#run(["delete", ...(options.force ? ["--force"] : []), id], signal);
  }

  /** A signal for every process of the container: for those that share their PID namespace with others. */
  async killAll(id: string, number: number, signal?: AbortSignal): Promise<void> {
    await this.#run(["kill", "--all", id, String(number)], signal);
  }

  /** Freezes all its processes. */
  async pause(id: string, signal?: AbortSignal): Promise<void> {
    await this.#run(["pause", id], signal);
  }

  async resume(id: string, signal?: AbortSignal): Promise<void> {
    await this.#run(["resume", id], signal);
  }

  /** @param file LinuxResources as JSON, with only what is to be changed */
  async update(id: string, file: string, signal?: AbortSignal): Promise<void> {
    await this.#run(["update", "--resources", file, id], signal);
  }

  /** @param flags as `runc checkpoint --help` has them */
  async checkpoint(
    id: string,
    flags: readonly string[],
    options: { readonly signal?: AbortSignal; readonly env?: readonly string[] } = {},
  ): Promise<void> {
    await this.#run(["checkpoint", ...flags, id], options.signal, options.env);
  }

  /** Whether the runtime knows the container. */
  async knows(id: string, signal?: AbortSignal): Promise<boolean> {
    const { status } = await this.#call(["state", id], signal);
    return status.kind === "exited" && status.code === 0;
  }

  /** What the runtime says of a container; undefined where it knows none of that id. */
  async state(id: string, signal?: AbortSignal): Promise<RuntimeState | undefined> {
    const { status, stdout } = await this.#call(["state", id], signal);
    return status.kind === "exited" && status.code === 0 ? parseState(stdout) : undefined;
  }

  /** "created", "running", "paused" or "stopped" by `state`; undefined where the runtime knows no such container. */
  async status(id: string, signal?: AbortSignal): Promise<string | undefined> {
    const { status, stdout } = await this.#call(["state", id], signal);
    if (status.kind !== "exited" || status.code !== 0) return undefined;
    return stringOf(stdout, "status");
  }

  /** When the container of that id was made, in ms since 1970, by `state`; undefined where the runtime knows none. */
  async created(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const { status, stdout } = await this.#call(["state", id], signal);
    if (status.kind !== "exited" || status.code !== 0) return undefined;
    const time = Date.parse(stringOf(stdout, "created") ?? "");
    return Number.isNaN(time) ? undefined : time;
  }

  /** Pids in the container, by `ps`: for runtimes whose containers have no cgroup that can be found. */
  async processes(id: string, signal?: AbortSignal): Promise<number[]> {
    const value: unknown = JSON.parse(await this.#run(["ps", "--format", "json", id], signal));
    return Array.isArray(value) ? value.filter((pid): pid is number => Number.isInteger(pid)) : [];
  }

  /** `events --stats`, as the runtime prints it: for the same runtimes. */
  async stats(id: string, signal?: AbortSignal): Promise<unknown> {
    return JSON.parse(await this.#run(["events", "--stats", id], signal));
  }

  async #run(
    command: readonly string[],
    signal: AbortSignal | undefined,
    env: readonly string[] = [],
  ): Promise<string> {
    const finished = await this.#call(command, signal, env);
    if (finished.status.kind === "exited" && finished.status.code === 0) return finished.stdout;
    throw this.#failure(finished);
  }

  async #call(
    command: readonly string[],
    signal: AbortSignal | undefined,
    env: readonly string[] = [],
  ): Promise<Finished> {
    const { path, args, log } = this.#options;
    return await this.#execute([path, ...globalArguments({ runtimeArgs: args, log }), ...command], {
      signal,
      env,
    });
  }

  #failure(finished: Finished): Failure {
    const { stderr } = finished;
    const log = readRuntimeLog(this.#options.log);
    return runtimeFailure({
      ...(log !== undefined && isOfSameFailure(log, stderr) ? { log } : {}),
      stderr,
      ended: ended(finished.status),
    });
  }
}

/** The runtime specification's state (runtime-spec runtime.md), as far as it is of use here. */
export interface RuntimeState {
  readonly status: string;
  readonly bundle: string;
  /** On the host; 0 where it has ended. */
  readonly pid: number;
}

function parseState(json: string): RuntimeState {
  const fields = Fields.parse("the runtime's state", json);
  return {
    status: fields.string("status"),
    bundle: fields.string("bundle", ""),
    pid: fields.integer("pid", 0, 4194304, 0),
  };
}

function stringOf(json: string, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null) return undefined;
    const found = (value as Readonly<Record<string, unknown>>)[key];
    return typeof found === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}
