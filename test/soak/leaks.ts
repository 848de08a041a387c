import { readdirSync, readFileSync } from "node:fs";
import type { TestDaemon } from "../harness/daemon.ts";
import { descriptorsOf } from "../harness/descriptors.ts";
import { until } from "../harness/until.ts";

/** What a process has of what could leak. */
export interface Holdings {
  readonly descriptors: readonly string[];
  readonly threads: number;
  /** Its children, zombies among them. */
  readonly children: number;
  /** KiB of memory of its own: pages of files come and go as the kernel likes. */
  readonly memory: number;
}

export interface Reading {
  /** How many lifecycles or execs are behind it. */
  readonly done: number;
  readonly daemon: Holdings;
  /** One for each shim. */
  readonly shims: readonly Holdings[];
  /** What is in the state directory, by path. */
  readonly files: readonly string[];
}

export interface Work {
  readonly times: number;
  /** How many are on their way at once. */
  readonly atOnce: number;
  readonly readings: number;
  /** @param n counts from 0 */
  readonly once: (n: number) => Promise<void>;
}

/** Does the work, and looks at daemon and shim between equal parts of it, when nothing is on its way. */
export async function readingsOf(daemon: TestDaemon, work: Work): Promise<Reading[]> {
  const readings: Reading[] = [];
  let begun = 0;
  for (let part = 1; part <= work.readings; part += 1) {
    const end = Math.round((work.times * part) / work.readings);
    const worker = async (): Promise<void> => {
      while (begun < end) {
        begun += 1;
        await work.once(begun - 1);
      }
    };
    await Promise.all(Array.from({ length: work.atOnce }, worker));
    readings.push(await atRest(daemon, end));
  }
  return readings;
}

/** When nothing waits to be cleared away, and two looks in a row show the same. */
async function atRest(daemon: TestDaemon, done: number): Promise<Reading> {
  let last = read(daemon, done);
  await until("daemon and shim come to rest", () => {
    const before = last;
    last = read(daemon, done);
    const waiting = last.files.some((file) => file.startsWith("trash/"));
    return !waiting && countable(before) === countable(last);
  });
  return last;
}

/** The daemon's bells for want of memory (cgroup v1): one is shared by up to 64 containers, and replaced once it has had so many. */
const bell = "anon_inode:[eventfd]";

export const bellsOf = ({ daemon }: Reading): number =>
  daemon.descriptors.filter((target) => target === bell).length;

/** A reading without what is never twice the same. */
export function countable({ daemon, shims, files }: Reading): string {
  const parts = [daemon, ...shims].map(({ descriptors, threads, children }) => ({
    descriptors: descriptors.filter((target) => target !== bell),
    threads,
    children,
  }));
  return JSON.stringify({ parts, files }, undefined, 1);
}

function read(daemon: TestDaemon, done: number): Reading {
  return {
    done,
    daemon: holdings(daemon.pid),
    shims: daemon.shims().map(holdings),
    files: filesOf(daemon.stateDir),
  };
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  } catch (error) {
    // a directory was removed while it was read
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ["trash/"];
    throw error;
  }
}

function holdings(pid: number): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return {
    descriptors: descriptorsOf(pid),
    threads: number("Threads"),
    children: children.length,
    memory: number("RssAnon"),
  };
}

/** By how many bytes the memory grows with each piece of work: the line of least squares through the readings. */
export function slope(readings: readonly Reading[], of: (reading: Reading) => Holdings | undefined): number {
  const points = readings.map((reading) => [reading.done, (of(reading)?.memory ?? 0) * 1024] as const);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point[0])), mean(points.map((point) => point[1]))];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
