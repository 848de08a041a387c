import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Failure, messageOf } from "../base/errors.ts";
import { checkId } from "../base/ids.ts";

export interface ShimOptions {
  /** The state directory, absolute. */
  readonly state: string;
  /** A folder of its shims/. */
  readonly name: string;
  /** How many runtimes may start something at once. */
  readonly launches: number;
}

export const usage = `usage: containerd-shim --state DIR --name NAME [--launches N]   serves many containers
       containerd-shim ID BUNDLE RUNTIME [--launches N]        serves one; started in its directory, DIR/containers/ID`;

/** More than the cores only makes each slower: measured on two. */
const defaultLaunches = 4;

/** @param cwd for the second form: 0.2.x's, whose working directory tells where the state is */
export function shimOptions(args: readonly string[], cwd: string): ShimOptions {
  const { values, positionals } = parse(args);
  const launches = Number(values.launches ?? defaultLaunches);
  if (!Number.isInteger(launches) || launches < 1 || launches > 1000)
    throw wrong(`--launches ${values.launches}: it must be a number from 1 to 1000`);
  if (values.state !== undefined && values.name !== undefined && positionals.length === 0) {
    checkId("shim's name", values.name);
    return { state: resolve(cwd, values.state), name: values.name, launches };
  }
  const [id, bundle, runtime] = positionals;
  if (positionals.length !== 3 || id === undefined || bundle === undefined || runtime === undefined)
    throw wrong("either --state and --name, or ID, BUNDLE and RUNTIME are needed");
  checkId("container id", id);
  if (basename(cwd) !== id)
    throw wrong(`it must be started in the directory of container ${id}, not in ${cwd}`);
  return { state: dirname(dirname(cwd)), name: id, launches };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      state: { type: "string" },
      name: { type: "string" },
      launches: { type: "string" },
    } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(messageOf(error));
  }
}

function wrong(reason: string): Failure {
  return new Failure("INVALID_ARGUMENT", `${reason}\n${usage}`);
}
