import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { readText } from "../runtime/cgroup/read.ts";
import type { ProcessDir } from "../state/layout.ts";
import type { Sys } from "../sys/sys.ts";

const sigkill = 9;
/** A killed process is gone at once, or waits for its disk: then nobody else waits for it. */
const goneMs = 5000;

/**
 * Ends the runtime's processes of a launch that nobody is there any more to finish: those whose command line names the process's
 * directory, as `--pid-file` does.
 *
 * Each is held by a pidfd while its command line is read, so that none but those is ever signalled.
 */
export async function endRuntimesOf(
  sys: Pick<Sys, "pidfdOpen" | "pidfdSendSignal" | "close" | "readProc">,
  directory: ProcessDir,
): Promise<void> {
  const end = Date.now() + goneMs;
  for (
    let found = signalAll(sys, directory);
    found > 0 && Date.now() < end;
    found = signalAll(sys, directory)
  )
    await pause(5);
}

function signalAll(
  sys: Pick<Sys, "pidfdOpen" | "pidfdSendSignal" | "close" | "readProc">,
  directory: ProcessDir,
): number {
  let found = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || !names(name, directory)) continue;
    const pid = Number(name);
    if (sys.readProc(pid)?.state === "Z") continue;
    try {
      const pidfd = sys.pidfdOpen(pid);
      try {
        if (!names(name, directory)) continue;
        sys.pidfdSendSignal(pidfd, sigkill);
        found += 1;
      } finally {
        sys.close(pidfd);
      }
    } catch {
      // it has ended by itself
    }
  }
  return found;
}

function names(pid: string, directory: ProcessDir): boolean {
  return readText(`/proc/${pid}/cmdline`)?.split("\0").includes(directory.pidFile) ?? false;
}
