import { readFileSync } from "node:fs";
import type { ContainerInfo } from "../../client/views.ts";
import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";
import { table } from "../output/table.ts";

const columns = { minWidth: 0, padding: 3 };

/** `ctr ps [ID]`: the containers, or the processes of one. */
export async function ps({ globals, words: [id] }: Invocation): Promise<void> {
  const { containers } = clientOf(globals);
  if (id === undefined) print(globals.json, await containers.list(), containerRows);
  else print(globals.json, processesOf(await containers.byId(id).info()), processRows);
}

function print<T>(asJson: boolean, items: T[], rows: (items: T[]) => string[][]): void {
  process.stdout.write(asJson ? `${json(items)}\n` : table(rows(items), columns));
}

function containerRows(containers: ContainerInfo[]): string[][] {
  const rows = containers
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, status, runtime, pids, processes }) => {
      const init = processes.find(({ name }) => name === "init");
      return [id, status, String(init?.pid ?? ""), String(pids.length), runtime, init?.args.join(" ") ?? ""];
    });
  return [["ID", "STATUS", "PID", "PIDS", "RUNTIME", "COMMAND"], ...rows];
}

interface Row {
  readonly pid: number;
  /** The name of a process that the API knows. */
  readonly name: string;
  readonly command: string;
}

/** Every process in the container: those that the API started have names, their children have not. */
function processesOf({ pids, processes }: ContainerInfo): Row[] {
  const all = new Set([...processes.map(({ pid }) => pid), ...pids]);
  return [...all].map((pid) => {
    const known = processes.find((process) => process.pid === pid);
    return { pid, name: known?.name ?? "", command: commandOf(pid) ?? known?.args.join(" ") ?? "" };
  });
}

function processRows(rows: Row[]): string[][] {
  return [["PID", "NAME", "COMMAND"], ...rows.map(({ pid, name, command }) => [String(pid), name, command])];
}

/** A process's command line, where the daemon is on this host. */
function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() || undefined;
  } catch {
    return undefined;
  }
}
