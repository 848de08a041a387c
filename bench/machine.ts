import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir, totalmem } from "node:os";
import { version } from "./subjects/all.ts";

/** Under what a row was measured. */
export interface Conditions {
  readonly date: string;
  readonly machine: string;
  readonly versions: readonly string[];
  /** Where all state was, and on what file system. */
  readonly place: string;
  /** What uptime(1) said just before: what else the machine was doing. */
  readonly uptime: string;
  readonly commit: string;
}

export function conditions(): Conditions {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const hierarchy = readFileSync("/proc/mounts", "utf8").includes(" /sys/fs/cgroup cgroup2 ")
    ? "v2"
    : "v1 or hybrid";
  const gigabytes = Math.round(totalmem() / 1e9);
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    machine: `${availableParallelism()} cores (${processor}), ${gigabytes} GB, Linux ${release()}, cgroup ${hierarchy}`,
    versions: [
      `node ${process.version}`,
      ...["runc", "crun", "containerd", "podman"].map((name) => version(name) ?? `${name}: not installed`),
    ],
    place: `${tmpdir()} (${output(["stat", "-f", "-c", "%T", tmpdir()])})`,
    uptime: output(["uptime"]),
    commit: output(["git", "describe", "--always", "--dirty"]),
  };
}

function output([program = "", ...args]: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
  } catch {
    return "unknown";
  }
}
