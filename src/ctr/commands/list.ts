import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";
import { table } from "../output/table.ts";

/** `ctr containers list [ID]` */
export async function list({ globals, options, words: [id] }: Invocation<{ quiet?: true }>): Promise<void> {
  const { containers } = clientOf(globals);
  const found = id === undefined ? await containers.list() : [await containers.byId(id).info()];
  found.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (globals.json) console.log(json(found));
  else if (options.quiet) process.stdout.write(found.map((one) => `${one.id}\n`).join(""));
  else {
    const rows = found.map(({ id, bundle, status, processes }) => {
      return [id, bundle, status, processes.map(({ name }) => name).join(",")];
    });
    process.stdout.write(table([["ID", "PATH", "STATUS", "PROCESSES"], ...rows]));
  }
}
