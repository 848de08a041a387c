/** Which container, and with which of the runtime's global flags. */
export interface RuntimeCall {
  readonly id: string;
  /** The runtime's global flags, as the client or the daemon's --runtime-args gave them. */
  readonly runtimeArgs: readonly string[];
  /** Where the runtime writes its log: one JSON object a line. */
  readonly log: string;
}

export interface DetachedCall extends RuntimeCall {
  readonly pidFile: string;
  /** The socket that a terminal's master is sent to. */
  readonly consoleSocket?: string;
}

export interface RunCall extends DetachedCall {
  readonly bundle: string;
  readonly noPivotRoot: boolean;
}

export interface RestoreCall extends RunCall {
  readonly imagePath: string;
  readonly workPath: string;
  readonly flags: readonly string[];
}

/** Ours first: a client's own --log comes later on the line, and the runtime takes the last (as 0.2.9's shim has it). */
export function globalArguments(call: Pick<RuntimeCall, "runtimeArgs" | "log">): string[] {
  return ["--log", call.log, "--log-format", "json", ...call.runtimeArgs];
}

/** `run --detach`: create and start in one process of the runtime. */
export function runArguments(call: RunCall): string[] {
  return [...globalArguments(call), "run", ...detached(call), ...bundled(call), call.id];
}

/** `exec --detach` of a process.json. */
export function execArguments(call: DetachedCall & { readonly processFile: string }): string[] {
  return [...globalArguments(call), "exec", ...detached(call), "--process", call.processFile, call.id];
}

/** `restore --detach` from a checkpoint's images. */
export function restoreArguments(call: RestoreCall): string[] {
  const images = ["--image-path", call.imagePath, "--work-path", call.workPath, ...call.flags];
  return [...globalArguments(call), "restore", ...detached(call), ...bundled(call), ...images, call.id];
}

function detached(call: DetachedCall): string[] {
  return [
    "--detach",
    "--pid-file",
    call.pidFile,
    ...(call.consoleSocket === undefined ? [] : ["--console-socket", call.consoleSocket]),
  ];
}

function bundled(call: RunCall): string[] {
  return ["--bundle", call.bundle, ...(call.noPivotRoot ? ["--no-pivot"] : [])];
}
