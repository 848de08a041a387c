import type { Client } from "../../client/client.ts";
import { NotFound } from "../../client/errors.ts";
import type { Exit as ProcessExit } from "../../client/exit.ts";
import { findBundle, listBundles, removeBundle } from "../bundles.ts";
import { clientOf } from "../client.ts";
import { Exit } from "../failure.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";

/** One after the other for each id; what fails for one is told, and the others have their turn. */
async function forEach(ids: readonly string[], act: (id: string) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(ids.map(act));
  const failures = results.filter((result) => result.status === "rejected");
  for (const { reason } of failures) process.stderr.write(`ctr: ${(reason as Error).message}\n`);
  if (failures.length > 0) throw new Exit(1);
}

/** `ctr stop ID…`: asks, then kills. */
export async function stop({
  globals,
  options,
  words,
}: Invocation<{ time: number; signal: string }>): Promise<void> {
  const { containers } = clientOf(globals);
  await forEach(words, async (id) => {
    await containers.byId(id).stop({ stopSignal: options.signal, grace: options.time });
    console.log(id);
  });
}

/** `ctr wait ID…`: exit codes, a line each, in the order of the ids. */
export async function wait({ globals, words }: Invocation): Promise<void> {
  const { containers } = clientOf(globals);
  const exits = words.map((id) => containers.byId(id).wait());
  // All are waited for at once; an error of a later one must not end the program before its turn.
  for (const exit of exits) exit.catch(() => undefined);
  await forEach(words, async (id) => {
    await Promise.allSettled(exits.slice(0, words.indexOf(id)));
    const exit = (await exits[words.indexOf(id)]) as ProcessExit;
    console.log(globals.json ? json({ id, ...exit }) : exit.exitCode);
  });
}

/** `ctr rm ID…`: what `ctr run` left of it; with --force also the running container. */
export async function remove({ globals, options, words }: Invocation<{ force?: true }>): Promise<void> {
  const client = clientOf(globals);
  await forEach(words, async (id) => {
    const running = await isKnown(client, id);
    if (running && !options.force)
      throw new Error(`${id} is running: stop it first (ctr stop ${id}), or use --force`);
    const bundle = findBundle(id);
    if (bundle === undefined && !running)
      throw new Error(`no container ${id}, and nothing that \`ctr run\` left of it`);
    if (running) await client.containers.byId(id).stop({ stopSignal: "SIGKILL" });
    if (bundle !== undefined) await removeBundle(bundle);
    console.log(id);
  });
}

/** `ctr prune`: what `ctr run` left of containers that have ended. */
export async function prune({ globals }: Invocation): Promise<void> {
  const client = clientOf(globals);
  const known = new Set((await client.containers.list()).map(({ id }) => id));
  const left = listBundles().filter(({ id }) => !known.has(id));
  await forEach(
    left.map(({ id }) => id),
    async (id) => {
      const bundle = findBundle(id);
      if (bundle !== undefined) await removeBundle(bundle);
      console.log(id);
    },
  );
}

async function isKnown(client: Client, id: string): Promise<boolean> {
  try {
    await client.containers.get(id);
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
