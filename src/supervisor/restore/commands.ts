import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { isId } from "../../base/ids.ts";
import { readText } from "../../runtime/cgroup/read.ts";
import type { StateDir } from "../../state/layout.ts";
import type { Fd, Sys } from "../../sys/sys.ts";

type Needs = Pick<Sys, "pidfdOpen" | "pidfdSendSignal" | "close" | "readProc">;

const sigkill = 9;
/** How long a command of an earlier daemon may go on. One that takes longer hangs. */
const patienceMs = 10_000;

/**
 * Runtimes at work for an earlier daemon, which outlive it: a `pause` that is done after everybody has looked whether the container is
 * paused, a `delete` beside a second one. By the container, which their --log names. Launches are not among them: those are the shims'.
 */
export function commandsUnderWay(state: StateDir): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const id = containerOf(state, Number(name));
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), Number(name)]);
  }
  return found;
}

function containerOf(state: StateDir, pid: number): string | undefined {
  const words = readText(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
  const log = words[words.indexOf("--log") + 1] ?? "";
  if (!log.startsWith(`${state.containers}/`) || words.includes("--pid-file")) return undefined;
  const [id = ""] = log.slice(state.containers.length + 1).split("/");
  return isId(id) ? id : undefined;
}

/** Until those of one container have ended, by themselves or not. */
export async function endCommands(
  sys: Needs,
  state: StateDir,
  id: string,
  pids: readonly number[],
): Promise<void> {
  const held = pids.flatMap((pid) => hold(sys, state, id, pid));
  try {
    const end = Date.now() + patienceMs;
    while (held.some((each) => lives(sys, each)) && Date.now() < end) await pause(10);
    for (const each of held) if (lives(sys, each)) signal(sys, each.pidfd);
  } finally {
    for (const { pidfd } of held) sys.close(pidfd);
  }
}

interface Held {
  readonly pid: number;
  readonly pidfd: Fd;
  readonly startTime: bigint;
}

/** Looked at again when its pidfd is open: from then on the pid is nobody else's. */
function hold(sys: Needs, state: StateDir, id: string, pid: number): Held[] {
  try {
    const pidfd = sys.pidfdOpen(pid);
    const startTime = sys.readProc(pid)?.startTime;
    if (startTime !== undefined && containerOf(state, pid) === id) return [{ pid, pidfd, startTime }];
    sys.close(pidfd);
  } catch {
    // it has ended
  }
  return [];
}

function lives(sys: Needs, { pid, startTime }: Held): boolean {
  const stat = sys.readProc(pid);
  return stat?.startTime === startTime && stat.state !== "Z";
}

function signal(sys: Needs, pidfd: Fd): void {
  try {
    sys.pidfdSendSignal(pidfd, sigkill);
  } catch {
    // it has ended just now
  }
}
