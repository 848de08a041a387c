import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attach, attachedStdio } from "../attach.ts";
import { type Bundle, makeBundle, provideRootfs, removeBundle } from "../bundles.ts";
import { clientOf } from "../client.ts";
import { Exit, UsageError } from "../failure.ts";
import type { Invocation } from "../lazy.ts";
import { specOf } from "../spec.ts";
import type { SpecOptions } from "../spec-options.ts";

interface Options extends SpecOptions {
  readonly detach?: true;
  readonly rm?: true;
  readonly rootfs: string;
  readonly label?: string[];
  readonly logDriver?: "file" | "none";
  readonly runtime?: string;
}

/** `ctr run --rootfs DIR|TAR ID ARGS…`: a bundle, a container on it, and its terminal. */
export async function run({
  globals,
  options,
  words: [id = "", ...args],
}: Invocation<Options>): Promise<void> {
  const { detach = false, rm = false, label = [], runtime, logDriver } = options;
  if (logDriver !== undefined && !detach) throw new UsageError("--log-driver is for --detach");
  if (detach && rm) throw new UsageError("--rm needs somebody who waits: with --detach, use `ctr prune`");
  const client = clientOf(globals);
  // Before anything is made: whether there is a daemon at all.
  await client.version();
  const bundle = makeBundle(id);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => removeBundle(bundle));
  await writeConfig(bundle, options, args);
  const stdio = detach ? detachedStdio(bundle, logDriver) : attachedStdio;
  const container = await client.containers.start({
    id,
    bundle: bundle.path,
    labels: logDriver === undefined ? label : [...label, `containerd-ts.log-driver=${logDriver}`],
    runtime,
    ...stdio,
  });
  if (!rm) undo.move();
  if (detach) console.log(id);
  else await finish(await attach(container.init), undo);
}

/** The bundle is removed first: an Exit must not be covered by what goes wrong there. */
async function finish(exitCode: number, undo: AsyncDisposableStack): Promise<never> {
  await undo.disposeAsync();
  throw new Exit(exitCode);
}

async function writeConfig(bundle: Bundle, options: Options, args: readonly string[]): Promise<void> {
  if (args.length === 0) throw new UsageError("nothing to run: expected a program and its arguments");
  const rootfs = await provideRootfs(options.rootfs, bundle.rootfs);
  const spec = specOf(options, bundle.id, args, rootfs);
  writeFileSync(join(bundle.path, "config.json"), JSON.stringify(spec, null, 2), { mode: 0o600 });
}

/** Nobody reads the output of a detached container as it comes: it goes to a file, the daemon's or one of our own; `ctr logs` shows both. */
function detachedStdio({ log }: Bundle, logDriver: string | undefined) {
  if (logDriver !== undefined) return {};
  rmSync(log, { force: true });
  writeFileSync(log, "", { mode: 0o600 });
  return { stdout: log, stderr: log };
}
