import { Children } from "../children.ts";
import type { SpawnRequest, Sys } from "../sys.ts";

/** Starts a real process with nothing on its stdio unless told otherwise. */
export function start(sys: Sys, args: readonly string[], more: Partial<SpawnRequest> = {}): number {
  const nothing = sys.openNull();
  try {
    const request = { file: args[0] ?? "", args, env: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"] };
    return sys.spawn({ ...request, stdin: nothing, stdout: nothing, stderr: nothing, ...more });
  } finally {
    sys.close(nothing);
  }
}

/** Runs a real process to its end. */
export async function finish(sys: Sys, args: readonly string[], more: Partial<SpawnRequest> = {}) {
  using children = new Children(sys);
  return await children.claim(start(sys, args, more));
}
