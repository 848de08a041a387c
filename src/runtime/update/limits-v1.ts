import { existsSync, writeFileSync } from "node:fs";
import { fromErrno } from "../../base/errno.ts";
import type { Cgroups } from "../cgroup/cgroups.ts";
import { readNumber, readText } from "../cgroup/read.ts";
import type { ResourceUpdate } from "../update.ts";
import { throttles, weights } from "./devices.ts";
import { checkSum } from "./repeated.ts";

/** One field of an update, and the kernel's file for it. */
export interface Limit {
  readonly field: string;
  /** Whether the kernel has it at all. */
  exists(): boolean;
  /** @throws INVALID_ARGUMENT for what cannot be right beside the limits that stay */
  check?(): void;
  isSet(): boolean;
  /** @throws what the kernel says */
  set(): void;
}

export interface FileLimit {
  readonly field: string;
  /** Undefined where the controller is not mounted. */
  readonly path: string | undefined;
  readonly text: string;
  /** Whether the file's text is what was wanted, in the kernel's words. */
  readonly same: (text: string) => boolean;
}

export function fileLimit({ field, path, text, same }: FileLimit): Limit {
  return {
    field,
    exists: () => path !== undefined && existsSync(path),
    isSet: () => path !== undefined && same(readText(path)?.trim() ?? ""),
    set: () => {
      if (path === undefined) return;
      try {
        writeFileSync(path, text);
      } catch (error) {
        throw fromErrno(error, `write ${text} to ${path}`);
      }
    },
  };
}

/** The kernel's Documentation/admin-guide/cgroup-v1. */
export function limitsV1(update: ResourceUpdate, cgroups: Cgroups): Limit[] {
  const file = (controller: string, name: string): string | undefined => {
    const directory = cgroups.directory(controller);
    return directory === undefined ? undefined : `${directory}/${name}`;
  };
  const number = (
    field: keyof ResourceUpdate,
    path: string | undefined,
    kernel = (value: bigint) => String(value),
  ) => {
    const value = update[field];
    if (typeof value !== "bigint") return [];
    return [fileLimit({ field, path, text: String(value), same: (text) => text === kernel(value) })];
  };
  const memory = (field: keyof ResourceUpdate, name: string) => number(field, file("memory", name), pages);
  const pidsMax = update.pidsLimit !== undefined && update.pidsLimit < 0n ? "max" : String(update.pidsLimit);
  return [
    // where swap is not accounted it has no limit anyway
    ...memory("memorySwap", "memory.memsw.limit_in_bytes")
      .filter((limit) => update.memorySwap !== -1n || limit.exists())
      .map((limit) => ({ ...limit, check: () => checkMemory(update, file) })),
    ...memory("memoryLimit", "memory.limit_in_bytes").map((limit) => ({
      ...limit,
      check: () => checkMemory(update, file),
    })),
    ...memory("memoryReservation", "memory.soft_limit_in_bytes"),
    ...memory("kernelMemoryLimit", "memory.kmem.limit_in_bytes"),
    ...memory("kernelTcpMemoryLimit", "memory.kmem.tcp.limit_in_bytes"),
    ...number("cpuShares", file("cpu", "cpu.shares"), sharesOf),
    ...number("cpuPeriod", file("cpu", "cpu.cfs_period_us")),
    ...number("cpuQuota", file("cpu", "cpu.cfs_quota_us"), (value) => String(value < 0n ? -1n : value)),
    ...cpuset("cpusetCpus", update.cpusetCpus, file("cpuset", "cpuset.cpus")),
    ...cpuset("cpusetMems", update.cpusetMems, file("cpuset", "cpuset.mems")),
    ...(update.pidsLimit === undefined
      ? []
      : [
          fileLimit({
            field: "pidsLimit",
            path: file("pids", "pids.max"),
            text: pidsMax,
            same: (text) => text === pidsMax,
          }),
        ]),
    ...weights(update, cgroups.directory("blkio")),
    ...throttles(update, (name) => file("blkio", `blkio.throttle.${name}_device`)),
  ];
}

const pageSize = 4096n;
/** PAGE_COUNTER_MAX: what no limit reads as. */
const unlimited = 9_223_372_036_854_771_712n;

/** The kernel counts whole pages, and rounds down. */
function pages(value: bigint): string {
  const whole = (value / pageSize) * pageSize;
  return String(value < 0n || whole > unlimited ? unlimited : whole);
}

/** MIN_SHARES and MAX_SHARES of kernel/sched/sched.h. */
function sharesOf(value: bigint): string {
  if (value < 2n) return "2";
  return String(value > 262_144n ? 262_144n : value);
}

/** One that is not named stays as it is. */
function checkMemory(
  update: ResourceUpdate,
  file: (controller: string, name: string) => string | undefined,
): void {
  const now = (name: string): bigint => {
    const path = file("memory", name);
    const value = (path === undefined ? undefined : readNumber(path)) ?? -1n;
    return value >= unlimited ? -1n : value;
  };
  const memoryLimit = update.memoryLimit ?? now("memory.limit_in_bytes");
  const memorySwap = update.memorySwap ?? now("memory.memsw.limit_in_bytes");
  checkSum({ memoryLimit, memorySwap }, update);
}

function cpuset(field: string, wanted: string | undefined, path: string | undefined): Limit[] {
  if (wanted === undefined) return [];
  const numbers = listed(wanted);
  return [fileLimit({ field, path, text: wanted, same: (text) => listed(text) === numbers })];
}

/** "0-2,7" and "7,0,1,2" are the same: both become "0 1 2 7". */
export function listed(text: string): string {
  const numbers = new Set<number>();
  for (const range of text.split(",")) {
    const [first = "", last = first] = range.split("-");
    if (first === "") continue;
    // no machine has more, and a client may have asked for anything
    for (let n = Number(first); n <= Math.min(Number(last), 65_535); n += 1) numbers.add(n);
  }
  return [...numbers].sort((one, other) => one - other).join(" ");
}
