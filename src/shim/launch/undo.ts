import { realpathSync } from "node:fs";
import { withTimeout } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { globalArguments } from "../../runtime/cli/arguments.ts";
import type { Execute } from "../../runtime/cli/execute.ts";
import { removeCgroups } from "./cgroups.ts";

export interface HalfStart {
  readonly container: string;
  readonly bundle: string;
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  readonly log: string;
  readonly cgroups: Iterable<string>;
}

/** A runtime that hung once may hang again. */
const patience = 10_000;

/**
 * Removes what a runtime that was killed had made of a container. A container of the same id that has another bundle was there before,
 * and is somebody else's. Failures are logged: the launch's own is the one to tell.
 */
export async function undoStart(execute: Execute, half: HalfStart, log: Logger): Promise<void> {
  const { container, runtime, runtimeArgs, bundle } = half;
  using limit = withTimeout(undefined, patience);
  const global = globalArguments({ runtimeArgs, log: half.log });
  const run = (...args: string[]) =>
    execute([runtime, ...global, ...args, container], { signal: limit.signal });
  try {
    const known = bundleOf((await run("state")).stdout);
    if (known !== undefined && place(known) !== place(bundle)) return;
    await run("delete", "--force");
    await removeCgroups(half.cgroups, container, limit.signal);
  } catch (error) {
    log.error("a start that was undone may have left something", { container, error: messageOf(error) });
  }
}

/** The runtime may have followed links. */
function place(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function bundleOf(state: string): string | undefined {
  try {
    const value: unknown = JSON.parse(state);
    return typeof value === "object" && value !== null && "bundle" in value
      ? String(value.bundle)
      : undefined;
  } catch {
    return undefined;
  }
}
