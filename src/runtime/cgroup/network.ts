import { readlinkSync } from "node:fs";
import type { NetworkStats } from "../stats.ts";
import { readText, toNumber } from "./read.ts";

/**
 * Every interface of a container's network namespace, by /proc/PID/net/dev. One that shares the daemon's own has none that could be
 * called its.
 */
export function readNetwork(pid: number): NetworkStats[] {
  if (pid === 0 || namespaceOf(pid) === namespaceOf("self")) return [];
  return parseNetwork(readText(`/proc/${pid}/net/dev`) ?? "");
}

function namespaceOf(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Two lines of headings, then "name: rxBytes packets errs drop fifo frame compressed multicast txBytes packets errs drop …". */
export function parseNetwork(text: string): NetworkStats[] {
  return text
    .split("\n")
    .slice(2)
    .filter((line) => line.includes(":"))
    .map(parseLine);
}

function parseLine(line: string): NetworkStats {
  // an alias may have a colon in its name; numbers have none
  const colon = line.lastIndexOf(":");
  const numbers = line
    .slice(colon + 1)
    .trim()
    .split(/ +/)
    .map((value) => toNumber(value) ?? 0n);
  const at = (index: number): bigint => numbers[index] ?? 0n;
  return {
    name: line.slice(0, colon).trim(),
    ...{ rxBytes: at(0), rxPackets: at(1), rxErrors: at(2), rxDropped: at(3) },
    ...{ txBytes: at(8), txPackets: at(9), txErrors: at(10), txDropped: at(11) },
  };
}
