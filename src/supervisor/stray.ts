import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { findCgroups } from "../runtime/cgroup/cgroups.ts";
import { directoriesOfItsOwn } from "../runtime/cgroup/foreign.ts";
import { readText } from "../runtime/cgroup/read.ts";
import type { ProcessDir } from "../state/layout.ts";
import type { Fd, Sys } from "../sys/sys.ts";

type Needs = Pick<Sys, "pidfdOpen" | "pidfdSendSignal" | "close" | "readProc">;

const sigkill = 9;
const sigstop = 19;
/** A killed process is gone at once, or waits for its disk: then nobody else waits for it. */
const goneMs = 5000;

/**
 * Ends the runtime's processes of a launch that nobody is there any more to finish: those whose command line names the process's
 * directory, as `--pid-file` does, and what they have started.
 *
 * @returns the cgroups in which they were, which may be left empty
 */
export async function endRuntimesOf(sys: Needs, directory: ProcessDir): Promise<ReadonlySet<string>> {
  const cgroups = new Set<string>();
  const end = Date.now() + goneMs;
  while (endAll(sys, directory, cgroups) && Date.now() < end) await pause(5);
  return cgroups;
}

/** @returns whether there was one */
function endAll(sys: Needs, directory: ProcessDir, cgroups: Set<string>): boolean {
  let found = false;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || !names(name, directory)) continue;
    const pid = Number(name);
    if (sys.readProc(pid)?.state === "Z") continue;
    // held while its command line is read again, so that none but those is ever signalled
    withPidfd(sys, pid, (pidfd) => {
      if (!names(name, directory)) return;
      found = true;
      // stopped, it starts no more, and reaps none: the pids of its children stay theirs
      sys.pidfdSendSignal(pidfd, sigstop);
      for (const child of descendants(pid)) endOne(sys, child, cgroups);
      sys.pidfdSendSignal(pidfd, sigkill);
    });
  }
  return found;
}

function endOne(sys: Needs, pid: number, cgroups: Set<string>): void {
  const own = findCgroups(pid);
  for (const path of own === undefined ? [] : directoriesOfItsOwn(own)) cgroups.add(path);
  withPidfd(sys, pid, (pidfd) => sys.pidfdSendSignal(pidfd, sigkill));
}

function withPidfd(sys: Needs, pid: number, work: (pidfd: Fd) => void): void {
  try {
    const pidfd = sys.pidfdOpen(pid);
    try {
      work(pidfd);
    } finally {
      sys.close(pidfd);
    }
  } catch {
    // it has ended by itself
  }
}

function names(pid: string, directory: ProcessDir): boolean {
  return readText(`/proc/${pid}/cmdline`)?.split("\0").includes(directory.pidFile) ?? false;
}

/** proc_tid_children(5) */
function descendants(pid: number): number[] {
  const children = threads(pid).flatMap((thread) =>
    (readText(`/proc/${pid}/task/${thread}/children`) ?? "")
      .split(" ")
      .filter((text) => /^\d+$/.test(text))
      .map(Number),
  );
  return [...children, ...children.flatMap(descendants)];
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
