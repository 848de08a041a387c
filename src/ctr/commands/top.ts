import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../client/client.ts";
import type { Stats } from "../../client/stats.ts";
import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";
import { table } from "../output/table.ts";
import { sizeText, sparkline } from "../output/units.ts";

const columns = { minWidth: 0, padding: 2 };
const historyLength = 20;

/** A limit that stands for none: the kernel's highest, which differs by version and page size. */
const unlimited = 2n ** 60n;

interface Line {
  readonly id: string;
  readonly status: string;
  /** Percent of one CPU; several CPUs make more than 100. */
  readonly cpu: number;
  readonly memory: bigint;
  readonly memoryLimit: bigint;
  readonly pids: bigint;
  readonly rx: bigint;
  readonly tx: bigint;
  readonly history: readonly number[];
}

/** `ctr top`: what each container uses, again and again. */
export async function top({
  globals,
  options,
}: Invocation<{ interval: number; once?: true }>): Promise<void> {
  const client = clientOf(globals);
  const live = process.stdout.isTTY && !options.once && !globals.json;
  const rates = new Rates();
  await read(client, rates);
  using _ = live ? fullScreen() : undefined;
  do {
    // A share of time takes two readings.
    await sleep(live ? options.interval : Math.min(options.interval, 500));
    const lines = await read(client, rates);
    if (globals.json) console.log(json(lines));
    else process.stdout.write(live ? screen(lines) : render(lines));
  } while (live);
}

/** What every container used since the last reading. */
class Rates {
  #last = new Map<string, { stats: Stats; history: number[] }>();

  take(readings: ReadonlyMap<string, Stats>): Map<string, { cpu: number; history: number[] }> {
    const next = new Map<string, { stats: Stats; history: number[] }>();
    const rates = new Map<string, { cpu: number; history: number[] }>();
    for (const [id, stats] of readings) {
      const before = this.#last.get(id);
      const cpu = before === undefined ? 0 : cpuPercent(before.stats, stats);
      const history = before === undefined ? [] : [...before.history, cpu].slice(-historyLength);
      next.set(id, { stats, history });
      rates.set(id, { cpu, history });
    }
    this.#last = next;
    return rates;
  }
}

function cpuPercent(before: Stats, after: Stats): number {
  const ms = after.time.getTime() - before.time.getTime();
  return ms <= 0 ? 0 : Math.max(0, Number(after.cpu.usage - before.cpu.usage) / 1e6 / ms) * 100;
}

async function read(client: Client, rates: Rates): Promise<Line[]> {
  const containers = (await client.containers.list()).sort((a, b) => (a.id < b.id ? -1 : 1));
  const readings = new Map<string, Stats>();
  await Promise.all(
    containers.map(async ({ id }) => {
      // One that ended in between has none.
      const stats = await client.containers
        .byId(id)
        .stats()
        .catch(() => undefined);
      if (stats !== undefined) readings.set(id, stats);
    }),
  );
  const taken = rates.take(readings);
  return containers.flatMap(({ id, status }) => {
    const stats = readings.get(id);
    const rate = taken.get(id);
    if (stats === undefined || rate === undefined) return [];
    const total = (side: "rx" | "tx") =>
      stats.networks
        .filter(({ name }) => name !== "lo")
        .reduce((sum, network) => sum + network[side].bytes, 0n);
    const { usage, limit } = stats.memory;
    return [
      {
        id,
        status,
        ...rate,
        memory: usage,
        memoryLimit: limit,
        pids: stats.pids.current,
        rx: total("rx"),
        tx: total("tx"),
      },
    ];
  });
}

function render(lines: readonly Line[]): string {
  const rows = lines.map((line) => {
    const limit =
      line.memoryLimit > 0n && line.memoryLimit < unlimited ? `/${sizeText(line.memoryLimit)}` : "";
    return [
      line.id.slice(0, 32),
      line.status,
      `${line.cpu.toFixed(1)}%`,
      `${sizeText(line.memory)}${limit}`,
      String(line.pids),
      `${sizeText(line.rx)}/${sizeText(line.tx)}`,
      sparkline(line.history, 100),
    ];
  });
  return table([["ID", "STATUS", "CPU", "MEMORY", "PIDS", "NET RX/TX", "CPU HISTORY"], ...rows], columns);
}

/** The table from the screen's upper left corner, each line cleared to its end, and everything below. */
function screen(lines: readonly Line[]): string {
  const fitting = render(lines)
    .trimEnd()
    .split("\n")
    .slice(0, Math.max(1, process.stdout.rows - 1))
    .map((line, index) => {
      const cut = [...line].slice(0, process.stdout.columns).join("");
      return index === 0 && process.env["NO_COLOR"] === undefined ? `\x1b[1m${cut}\x1b[0m` : cut;
    });
  return `\x1b[H${fitting.map((line) => `${line}\x1b[K\r\n`).join("")}\x1b[J`;
}

/** The terminal's other screen, without a cursor, until the end. */
function fullScreen(): Disposable {
  const leave = () => {
    process.stdout.write("\x1b[?25h\x1b[?1049l");
  };
  const stop = () => process.exit(0);
  process.stdout.write("\x1b[?1049h\x1b[?25l");
  process.on("exit", leave);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    [Symbol.dispose]() {
      process.off("exit", leave).off("SIGINT", stop).off("SIGTERM", stop);
      leave();
    },
  };
}
