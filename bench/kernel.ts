import { readdirSync, readFileSync } from "node:fs";

/** Bytes of memory that are the processes' own, shared pages divided among their users: proc_pid_smaps_rollup(5). */
export function pss(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + pssOf(pid), 0);
}

function pssOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Seconds of CPU that a process has used: proc_pid_stat(5), in ticks of 10 ms. */
export function cpuSeconds(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

export function descriptors(pid: number): number {
  return countOf(`/proc/${pid}/fd`);
}

export function threads(pid: number): number {
  return countOf(`/proc/${pid}/task`);
}

function countOf(path: string): number {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
