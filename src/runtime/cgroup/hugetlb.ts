import { readdirSync } from "node:fs";
import type { HugetlbStats } from "../stats.ts";
import type { Cgroups } from "./cgroups.ts";
import { noLimit, readKeyed, readNumber } from "./read.ts";

/** By page size. On a hybrid machine the controller may be in the unified hierarchy while the others are v1. */
export function readHugetlb(cgroups: Cgroups): Record<string, HugetlbStats> {
  const v1 = cgroups.directory("hugetlb");
  const directory = v1 ?? cgroups.directory("unified");
  if (directory === undefined) return {};
  const read = v1 === undefined ? readSizeV2 : readSizeV1;
  return Object.fromEntries(pageSizes().map((size) => [size, read(`${directory}/hugetlb.${size}`)]));
}

function readSizeV1(prefix: string): HugetlbStats {
  return {
    usage: readNumber(`${prefix}.usage_in_bytes`) ?? 0n,
    maxUsage: readNumber(`${prefix}.max_usage_in_bytes`) ?? 0n,
    failcnt: readNumber(`${prefix}.failcnt`) ?? 0n,
    limit: readNumber(`${prefix}.limit_in_bytes`) ?? 0n,
  };
}

/** v2 keeps no highest value. */
function readSizeV2(prefix: string): HugetlbStats {
  const usage = readNumber(`${prefix}.current`);
  return {
    usage: usage ?? 0n,
    maxUsage: 0n,
    failcnt: readKeyed(`${prefix}.events`).get("max") ?? 0n,
    limit: readNumber(`${prefix}.max`) ?? (usage === undefined ? 0n : noLimit),
  };
}

let sizes: readonly string[] | undefined;

/** The machine's, in the words of the cgroup files: "2MB", "1GB". They are fixed when it boots. */
function pageSizes(): readonly string[] {
  sizes ??= namesIn("/sys/kernel/mm/hugepages").map((name) => pageSizeName(Number(/\d+/.exec(name)?.[0])));
  return sizes;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^hugepages-\d+kB$/.test(name));
  } catch {
    return [];
  }
}

/** The kernel's mem_fmt() in mm/hugetlb_cgroup.c. */
export function pageSizeName(kilobytes: number): string {
  if (kilobytes >= 1 << 20) return `${kilobytes >> 20}GB`;
  return kilobytes >= 1 << 10 ? `${kilobytes >> 10}MB` : `${kilobytes}KB`;
}
