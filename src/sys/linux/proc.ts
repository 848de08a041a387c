import { readFileSync } from "node:fs";
import type { ProcStat } from "../sys.ts";
import { asSysError, SysError } from "../sys-error.ts";
import { decodeWaitStatus } from "../wait-status.ts";

/** ESRCH comes from a process that ends between the open and the read. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH"]);

export function readProc(pid: number): ProcStat | undefined {
  try {
    return parseStat(asSysError("read", () => readFileSync(`/proc/${pid}/stat`, "latin1")));
  } catch (error) {
    if (error instanceof SysError && GONE.has(error.code)) return undefined;
    throw error;
  }
}

/** proc_pid_stat(5): the name is in parentheses, and may hold any character, also ") (": the last one ends it. */
export function parseStat(text: string): ProcStat {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text
    .slice(close + 2)
    .trimEnd()
    .split(" ");
  const field = (number: number): string => fields[number - 3] ?? "0";
  const state = field(3);
  // PF_EXITING (linux/sched.h); a leader that left its threads behind is no process that ends
  const exiting = (Number(field(9)) & 0x4) !== 0 && field(20) === "1";
  return {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state,
    ppid: Number(field(4)),
    startTime: BigInt(field(22)),
    exiting,
    ...(state === "Z" || exiting ? { exitStatus: decodeWaitStatus(Number(field(52))) } : {}),
  };
}

/** Another one after every boot. */
export function bootId(): string {
  return asSysError("read", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")).trim();
}
