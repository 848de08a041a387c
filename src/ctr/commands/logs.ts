import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { NotFound } from "../../client/errors.ts";
import { findBundle } from "../bundles.ts";
import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";

/** How often a followed log is looked at, in milliseconds: inotify is not told of writes through a descriptor on every file system. */
const interval = 100;

/** `ctr logs ID`: the output of a container that `ctr run --detach` started. */
export async function logs({
  globals,
  options,
  words: [id = ""],
}: Invocation<{ follow?: true }>): Promise<void> {
  const bundle = findBundle(id);
  if (bundle === undefined) throw new Error(`no log of ${id}: only \`ctr run --detach\` keeps one`);
  let ended = !options.follow;
  if (options.follow) {
    void clientOf(globals)
      .containers.byId(id)
      .wait()
      .catch((error: unknown) => {
        if (!(error instanceof NotFound)) process.stderr.write(`ctr: ${(error as Error).message}\n`);
      })
      .finally(() => {
        ended = true;
      });
  }
  const fd = openSync(bundle.log, "r");
  try {
    for (;;) {
      // Looked at before the reading: what was written until the end is read after it.
      const last = ended;
      copy(fd);
      if (last) return;
      await sleep(interval);
    }
  } finally {
    closeSync(fd);
  }
}

function copy(fd: number): void {
  const buffer = Buffer.allocUnsafe(65_536);
  for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer))
    process.stdout.write(Buffer.from(buffer.subarray(0, read)));
}
