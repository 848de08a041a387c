import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { Failure } from "../base/errors.ts";

/** Our own shim: bin/containerd-shim of the checkout or the package. */
const ownShim = path.join(import.meta.dirname, "../../bin/containerd-shim");

/**
 * Finds a program as exec(3) would.
 *
 * @param program a name, looked up in PATH, or a path
 * @returns its absolute path, or undefined
 */
export function findProgram(
  program: string,
  searchPath: string = process.env["PATH"] ?? "",
): string | undefined {
  if (program.includes("/")) return isProgram(program) ? path.resolve(program) : undefined;
  for (const directory of searchPath.split(":")) {
    const candidate = path.join(directory || ".", program);
    if (isProgram(candidate)) return path.resolve(candidate);
  }
  return undefined;
}

/**
 * The shim that `--shim` means. A name such as containerd-shim or docker-containerd-shim is our own program whatever PATH holds:
 * Docker starts its containerd with the second, and on PATH it is containerd 0.2.x's, which does not speak with this daemon.
 *
 * @throws Failure NOT_FOUND
 */
export function findShim(shim: string, searchPath?: string): string {
  if (!shim.includes("/") && shim.endsWith("containerd-shim")) return ownShim;
  const found = findProgram(shim, searchPath);
  if (found !== undefined) return found;
  const where = shim.includes("/") ? "there is no such program" : "it is not in PATH";
  throw new Failure("NOT_FOUND", `cannot use --shim ${shim}: ${where}`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
