import { readIfThere, replaceFile } from "../base/files.ts";
import type { ContainerDir } from "./layout.ts";

/** .oom: how many of the kills that the cgroup counts have been told. */
export function writeOomsTold(directory: ContainerDir, count: bigint): void {
  replaceFile(directory.oomFile, String(count));
}

/** 0 where none has been, or the file is damaged. */
export function readOomsTold(directory: ContainerDir): bigint {
  const text = readIfThere(directory.oomFile) ?? "";
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}
