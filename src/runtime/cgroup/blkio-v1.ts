import type { BlkioEntry, BlkioStats } from "../stats.ts";
import { readText, toNumber } from "./read.ts";

/**
 * Which list is in which file. The I/O scheduler that accounts for a cgroup writes them: BFQ its own, CFQ (until Linux 4.20) those
 * without a name, and throttling, which all have, only bytes and operations.
 */
const suffixes = {
  serviceBytes: "io_service_bytes_recursive",
  serviced: "io_serviced_recursive",
  queued: "io_queued_recursive",
  serviceTime: "io_service_time_recursive",
  waitTime: "io_wait_time_recursive",
  merged: "io_merged_recursive",
  time: "time_recursive",
  sectors: "sectors_recursive",
} as const;

/** The first that has anything in it is it, as in runc. */
const byEverything = ["blkio.bfq", "blkio", "blkio.throttle"];
const throttled = new Set(["serviceBytes", "serviced"]);

export function readBlkioV1(directory: string | undefined): BlkioStats {
  const read = (list: keyof typeof suffixes): BlkioEntry[] => {
    if (directory === undefined) return [];
    for (const prefix of byEverything) {
      if (prefix === "blkio.throttle" && !throttled.has(list)) continue;
      const entries = parseBlkio(readText(`${directory}/${prefix}.${suffixes[list]}`) ?? "");
      if (entries.length > 0) return entries;
    }
    return [];
  };
  return {
    ...{ serviceBytes: read("serviceBytes"), serviced: read("serviced"), queued: read("queued") },
    ...{ serviceTime: read("serviceTime"), waitTime: read("waitTime"), merged: read("merged") },
    ...{ time: read("time"), sectors: read("sectors") },
  };
}

/** Lines "8:0 Read 4096", or "8:0 4096" where operations are not told apart. The sum of all devices at the end ("Total 4096") is none of them. */
export function parseBlkio(text: string): BlkioEntry[] {
  const entries: BlkioEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^(\d+):(\d+)(?: ([A-Za-z]+))? (\d+)$/.exec(line);
    const [, major, minor, op = "", value] = match ?? [];
    const numbers = [toNumber(major), toNumber(minor), toNumber(value)];
    const [first, second, third] = numbers;
    if (first === undefined || second === undefined || third === undefined) continue;
    entries.push({ major: first, minor: second, op, value: third });
  }
  return entries;
}
