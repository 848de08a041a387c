import { readdirSync, readFileSync } from "node:fs";

export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly command: string;
}

/** Every process of the machine whose command line holds `text`; zombies have none and are never among them. */
export function processesNaming(text: string): SeenProcess[] {
  const found: SeenProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const command = readProc(`/proc/${name}/cmdline`)?.replaceAll("\0", " ").trim();
    if (command === undefined || !command.includes(text)) continue;
    const stat = processStat(Number(name));
    if (stat !== undefined) found.push({ ...stat, command });
  }
  return found;
}

/** State and parent of a process, from /proc/PID/stat (proc(5)); undefined when it is gone. */
export function processStat(pid: number): { pid: number; parent: number; state: string } | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const [state = "", parent = ""] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(parent), state };
}

/** Whether the process runs: a zombie does not, whoever should have reaped it. */
export function isRunning(pid: number): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
}

/** A file of /proc, or undefined when its process is gone. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
