import { readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { restoreConfig } from "./cli/criu.ts";

/** CRIU reads a file of options named by its environment, beside those that a runtime gives it (criu(8)). */
const dumpConfig = "criu.dump.conf";

/**
 * The container's stdio is FIFOs and files of the host, which CRIU can find in no mount of the container's. For the dump they are named
 * as external; for the restore, as those that the runtime is given then as its own 0, 1 and 2. The names hold no paths: a restored
 * container may have others, and the checkpoint may have been moved.
 *
 * @returns the environment for the runtime's checkpoint
 */
export function writeCriuConfigs(checkpoint: string, pid: number): string[] {
  const names = [0, 1, 2].map((fd) => externalName(pid, fd));
  const distinct = [...new Set(names)].filter((name) => name !== undefined);
  const dump = distinct.map((name) => `external ${name}`);
  const restore = distinct.map((name) => `inherit-fd fd[${names.indexOf(name)}]:${name}`);
  const path = join(checkpoint, dumpConfig);
  writeFileSync(path, lines(dump), { mode: 0o600 });
  writeFileSync(join(checkpoint, restoreConfig), lines(restore), { mode: 0o600 });
  return [`CRIU_CONFIG_FILE=${path}`];
}

const lines = (options: readonly string[]): string => options.map((option) => `${option}\n`).join("");

/** "file[MOUNT:INODE]", in hexadecimal, of a descriptor whose mount is none of the container's: that is what "external" means. */
function externalName(pid: number, fd: number): string | undefined {
  try {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
    const mount = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
    // "pipe:[7]" and "socket:[7]" have no path; for the first runc has a way of its own
    const hasPath = readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("/");
    if (mount === undefined || !hasPath || mountsOf(pid).has(mount)) return undefined;
    const { ino } = statSync(`/proc/${pid}/fd/${fd}`, { bigint: true });
    return `file[${Number(mount).toString(16)}:${ino.toString(16)}]`;
  } catch {
    // a descriptor that init has closed
    return undefined;
  }
}

/** The first column of mountinfo: proc_pid_mountinfo(5). */
function mountsOf(pid: number): Set<string> {
  const text = readFileSync(`/proc/${pid}/mountinfo`, "utf8");
  return new Set(text.split("\n").map((line) => line.slice(0, line.indexOf(" "))));
}
