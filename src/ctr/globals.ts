import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../base/duration.ts";
import { logTime } from "../base/log-record.ts";
import { nanosecondsOf } from "../client/time.ts";

/** What every command may be given, before or after its name. */
export interface Globals {
  readonly address: string;
  /** In milliseconds. */
  readonly connTimeout: number;
  readonly debug: boolean;
  readonly json: boolean;
}

const defaults: Globals = {
  address: "unix:///run/containerd/containerd.sock",
  connTimeout: 1000,
  debug: false,
  json: false,
};

/** Adds the options to a command; below the program's own they are not shown again. */
export function addGlobals<C extends Command>(command: C, { hidden }: { hidden: boolean }): C {
  const add = (option: Option) => command.addOption(hidden ? option.hideHelp() : option);
  add(
    new Option(
      "--address <address>",
      `proto://address of GRPC API (default: "${defaults.address}", or $CONTAINERD_ADDRESS)`,
    ),
  );
  add(new Option("--conn-timeout <duration>", "GRPC connection timeout (default: 1s)").argParser(duration));
  add(new Option("--debug", "tell where an error came from"));
  add(new Option("--json", "output for programs, where a command has one"));
  return command;
}

/** The values for one command: its own go before those of the commands above it. */
export function globalsOf(command: Command): Globals {
  const given: Partial<Globals>[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent)
    given.unshift(one.opts<Partial<Globals>>());
  const fromEnvironment = process.env["CONTAINERD_ADDRESS"];
  const environment = fromEnvironment ? { address: fromEnvironment } : {};
  const { address, connTimeout, debug, json } = Object.assign({}, defaults, environment, ...given) as Globals;
  return { address, connTimeout, debug, json };
}

/** An option's value as a duration, in milliseconds. */
export function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** An option's value as a moment, as a log's records have it: RFC 3339, or how long ago. */
export function moment(text: string): string {
  try {
    return logTime(BigInt(Math.round(Date.now() - parseDuration(text))) * 1_000_000n);
  } catch {
    // no duration
  }
  try {
    return logTime(nanosecondsOf(text));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** An option's value as a whole number, 0 or more; as in Go also 0x… */
export function count(text: string): number {
  const number = Number(text);
  if (!/^(0[xob])?[\da-f]+$/i.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("expected a whole number");
  return number;
}

/** An option's values, where it may be given more than once. */
export function each(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
