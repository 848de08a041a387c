import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultSpec } from "../oci/default-spec.ts";
import type { SpecOptions } from "./spec-options.ts";

/** config.json for these options. @param rootfs as it goes into config.json @param files where the root file system is now */
export function specOf(
  options: SpecOptions,
  id: string,
  args: readonly string[],
  rootfs: string,
  files = rootfs,
): object {
  const { memory, cpus, pidsLimit, user, cwd } = options;
  const resources = {
    ...(memory === undefined ? {} : { memory: { limit: memory } }),
    ...(cpus === undefined ? {} : { cpu: { quota: Math.round(cpus * 100_000), period: 100_000 } }),
    ...(pidsLimit === undefined ? {} : { pids: { limit: pidsLimit } }),
  };
  return defaultSpec({
    args,
    rootfs,
    readonlyRootfs: options.readOnly ?? false,
    terminal: options.tty ?? false,
    env: (options.env ?? []).map((entry) =>
      entry.includes("=") ? entry : `${entry}=${process.env[entry] ?? ""}`,
    ),
    hostname: options.hostname ?? id,
    hostNetwork: options.net === "host",
    mounts: options.volume ?? [],
    resources,
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user: userOf(user, files) }),
  });
}

/** user[:group] in numbers: names are looked up in the container's own files. */
export function userOf(text: string, rootfs: string): { uid: number; gid: number } {
  const [user = "", group] = text.split(":");
  const known = lookUp(join(rootfs, "etc/passwd"), user);
  const uid = /^\d+$/.test(user) ? Number(user) : known?.number;
  if (uid === undefined) throw new Error(`no user ${user} in the root file system's /etc/passwd`);
  if (group === undefined) return { uid, gid: Number(known?.rest[0] ?? 0) };
  const gid = /^\d+$/.test(group) ? Number(group) : lookUp(join(rootfs, "etc/group"), group)?.number;
  if (gid === undefined) throw new Error(`no group ${group} in the root file system's /etc/group`);
  return { uid, gid };
}

/** A line of passwd(5) or group(5), by its name or number. */
function lookUp(file: string, wanted: string): { number: number; rest: string[] } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined;
  }
  for (const line of lines) {
    const [name, , number, ...rest] = line.split(":");
    if (number !== undefined && (name === wanted || number === wanted))
      return { number: Number(number), rest };
  }
  return undefined;
}
