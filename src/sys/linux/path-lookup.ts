import { statSync } from "node:fs";

import { SysError } from "../sys-error.ts";
import { libc } from "./native.ts";

const access = libc<[string, number]>("int access(const char *path, int mode)");
const X_OK = 1;
const ENOENT = 2;
const EACCES = 13;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * What execvp(3) does for a name without a slash, with the PATH of the environment that the child will have
 * (posix_spawnp would take that of this process).
 */
export function lookUp(file: string, env: readonly string[]): string {
  if (file.includes("/")) return file;
  let forbidden = false;
  for (const folder of file === "" ? [] : pathOf(env).split(":")) {
    // An empty entry is the working directory.
    const candidate = folder === "" ? `./${file}` : `${folder}/${file}`;
    if (access(candidate, 0) !== 0 || !isFile(candidate)) continue;
    if (access(candidate, X_OK) === 0) return candidate;
    forbidden = true;
  }
  throw new SysError("posix_spawn", forbidden ? EACCES : ENOENT, file);
}

function pathOf(env: readonly string[]): string {
  return env.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
