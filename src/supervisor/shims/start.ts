import { closeSync, mkdirSync, openSync } from "node:fs";
import { spawnFailure } from "../../runtime/cli/execute.ts";
import type { Container } from "../../runtime/container.ts";
import type { ShimDir, StateDir } from "../../state/layout.ts";
import type { Children } from "../../sys/children.ts";
import type { Sys } from "../../sys/sys.ts";

export interface ShimStart {
  readonly sys: Pick<Sys, "openNull" | "close">;
  readonly children: Pick<Children, "spawn" | "claim">;
  readonly state: StateDir;
  /** The program and its first arguments. */
  readonly program: readonly string[];
}

/** What a shim may know of the daemon's environment: where programs are, and how a test arms it. No secrets of the operator's. */
const passedOn = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "CONTAINERD_TS_FAILPOINT",
  "CONTAINERD_TS_FAILPOINT_ONCE",
  "XDG_RUNTIME_DIR",
  "NODE_COMPILE_CACHE",
];

/**
 * Starts a shim: in a session of its own, so that no terminal's signal reaches it, with no descriptor of the daemon's but its log.
 *
 * @param container the only one that it is for: then it is started as 0.2.x's shim is, ID BUNDLE RUNTIME in the container's directory
 * @returns its pid; `ended` resolves when it has ended
 * @throws FAILED_PRECONDITION "NAME not installed on system"
 */
export function startShim(
  options: ShimStart,
  name: string,
  container?: Container,
): { readonly pid: number; readonly ended: Promise<unknown> } {
  const { sys, children, state } = options;
  const directory = state.shim(name);
  mkdirSync(directory.path, { recursive: true, mode: 0o711 });
  const env = passedOn.flatMap((key) =>
    process.env[key] === undefined ? [] : [`${key}=${process.env[key]}`],
  );
  const [file = "", ...args] = options.program;
  using descriptors = new DisposableStack();
  const log = descriptors.adopt(openLog(directory), closeSync);
  const stdin = descriptors.adopt(sys.openNull(), (fd) => sys.close(fd));
  try {
    const { args: own, cwd } = container === undefined ? sharedCall(state, name) : ownCall(container);
    const pid = children.spawn({
      ...{ file, args: [file, ...args, ...own], env, cwd },
      ...{ stdin, stdout: log, stderr: log, newSession: true },
    });
    return { pid, ended: children.claim(pid) };
  } catch (error) {
    throw spawnFailure(file, error);
  }
}

interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
}

function sharedCall(state: StateDir, name: string): Call {
  return { args: ["--state", state.path, "--name", name], cwd: state.path };
}

function ownCall({ id, record, directory }: Container): Call {
  return { args: [id, record.bundle, record.runtime], cwd: directory.path };
}

function openLog(directory: ShimDir): number {
  return openSync(directory.log, "a", 0o600);
}
