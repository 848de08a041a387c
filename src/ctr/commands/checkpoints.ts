import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";
import { table } from "../output/table.ts";

interface Options {
  readonly checkpointDir?: string;
}

interface CreateOptions extends Options {
  readonly tcp?: true;
  readonly unixSockets?: true;
  readonly exit?: true;
  readonly shell?: true;
  readonly emptyNs?: string[];
}

/** `ctr checkpoints list ID` */
export async function list({ globals, options, words: [id = ""] }: Invocation<Options>): Promise<void> {
  const { checkpoints } = clientOf(globals).containers.byId(id);
  const found = await checkpoints.list({ directory: options.checkpointDir });
  if (globals.json) {
    console.log(json(found));
    return;
  }
  const rows = found.map(({ name, tcp, unixSockets, shell }) => [
    name,
    String(tcp),
    String(unixSockets),
    String(shell),
  ]);
  process.stdout.write(table([["NAME", "TCP", "UNIX SOCKETS", "SHELL"], ...rows]));
}

/** `ctr checkpoints create ID NAME` */
export async function create({
  globals,
  options,
  words: [id = "", name = ""],
}: Invocation<CreateOptions>): Promise<void> {
  const {
    tcp = false,
    unixSockets = false,
    exit = false,
    shell = false,
    emptyNs = [],
    checkpointDir,
  } = options;
  await clientOf(globals).containers.byId(id).checkpoints.create(name, {
    tcp,
    unixSockets,
    exit,
    shell,
    emptyNamespaces: emptyNs,
    directory: checkpointDir,
  });
}

/** `ctr checkpoints delete ID NAME` */
export async function remove({
  globals,
  options,
  words: [id = "", name = ""],
}: Invocation<Options>): Promise<void> {
  await clientOf(globals).containers.byId(id).checkpoints.delete(name, { directory: options.checkpointDir });
}
