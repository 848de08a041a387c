import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { MountSpec } from "../oci/default-spec.ts";
import type { GoCommand } from "./command.ts";
import { count, each } from "./globals.ts";

/** What `run`, `spec` and `bundle` are told about a container. */
export interface SpecOptions {
  readonly tty?: true;
  readonly env?: string[];
  readonly volume?: MountSpec[];
  readonly memory?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly user?: string;
  readonly cwd?: string;
  readonly hostname?: string;
  readonly net: "host" | "none";
  readonly readOnly?: true;
}

export function addSpecOptions(command: GoCommand): GoCommand {
  return command
    .option("-t, --tty", "create a terminal for the process")
    .option(
      "-e, --env <NAME=value>",
      "environment variable; NAME alone takes ctr's own (may be given again)",
      each,
    )
    .option(
      "-v, --volume <src:dst[:ro]>",
      "a directory or file of the host in the container (may be given again)",
      volumes,
    )
    .option("--memory <bytes>", "memory that may be used, such as 64M", bytes)
    .option("--cpus <n>", "CPUs' worth of time, such as 1.5", positive)
    .option("--pids-limit <n>", "processes and threads at once", count)
    .option("--user <user[:group]>", "who the program runs as: names of the root file system, or numbers")
    .option("--cwd <dir>", "current working directory of the program")
    .option("--hostname <name>", "host name in the container (default: its id)")
    .option("--net <host|none>", "the host's network, or none", network, "none")
    .option("--read-only", "the root file system cannot be written to");
}

function volumes(text: string, before: readonly MountSpec[] = []): MountSpec[] {
  const [source = "", destination = "", mode = "rw", ...rest] = text.split(":");
  if (source === "" || !destination.startsWith("/") || !["ro", "rw"].includes(mode) || rest.length > 0)
    throw new InvalidArgumentError("expected src:dst or src:dst:ro, with an absolute dst");
  return [
    ...before,
    { source: resolve(source), destination, type: "bind", options: ["rbind", "rprivate", mode] },
  ];
}

/** A number of bytes, with a unit or without: 64M, 1g, 1024. */
export function bytes(text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError("expected bytes, such as 64M");
  return Math.round(Number(digits) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " "));
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError("expected a number above 0");
  return number;
}

function network(text: string): "host" | "none" {
  if (text !== "host" && text !== "none") throw new InvalidArgumentError("expected host or none");
  return text;
}
