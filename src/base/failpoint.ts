import { unlinkSync } from "node:fs";

/**
 * The moments at which the fault matrix kills a process or makes a step fail, named PART.MOMENT. A name says what has just been done.
 */
export type FailpointName =
  | "checkpoint.dumped"
  | "checkpoint.prepared"
  | "create.launched"
  | "create.logged"
  | "create.recorded"
  | "event.replaced"
  | "event.rewritten"
  | "event.written"
  | "exec.exit-logged"
  | "exec.launched"
  | "exec.logged"
  | "exec.recorded"
  | "exit.deleted"
  | "exit.logged"
  | "exit.noticed"
  | "exit.removed"
  | "pause.done"
  | "resume.done"
  | "shim.exit-recorded"
  | "shim.exit-seen"
  | "shim.launched"
  | "shim.opened"
  | "shim.spawned"
  | "update.done";

/** A file that whoever acts first takes away: several processes may be armed, and one is to die. */
const once = process.env["CONTAINERD_TS_FAILPOINT_ONCE"];

interface Armed {
  readonly name: string;
  readonly action: string;
  left: number;
}

/**
 * CONTAINERD_TS_FAILPOINT="create.recorded=kill", "exit.logged=error", "shim.spawned=kill:3" (the third time it is passed); several are
 * separated by commas.
 */
const armed: Armed[] = (process.env["CONTAINERD_TS_FAILPOINT"] ?? "")
  .split(",")
  .filter((text) => text !== "")
  .map((text) => {
    const [name = "", what = "kill"] = text.split("=");
    const [action = "kill", times = "1"] = what.split(":");
    return { name, action, left: Number(times) };
  });

/** Passes; or, when a test has armed this moment, ends the process with SIGKILL or throws. Costs one comparison otherwise. */
export function failpoint(name: FailpointName): void {
  if (armed.length === 0) return;
  for (const point of armed) {
    if (point.name !== name || point.left === 0) continue;
    point.left -= 1;
    if (point.left > 0) continue;
    if (once !== undefined && !taken(once)) continue;
    if (point.action === "kill") process.kill(process.pid, "SIGKILL");
    throw new Error(`failpoint ${name}`);
  }
}

function taken(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
