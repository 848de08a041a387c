import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { provideRootfs } from "../bundles.ts";
import type { Invocation } from "../lazy.ts";
import { specOf } from "../spec.ts";
import type { SpecOptions } from "../spec-options.ts";

interface BundleOptions extends SpecOptions {
  readonly rootfs: string;
}

const shell = ["sh"];

/** `ctr spec [ARGS…]`: a config.json on stdout, for a root file system at "rootfs" in the bundle. */
export async function spec({ options, words }: Invocation<SpecOptions>): Promise<void> {
  console.log(
    JSON.stringify(specOf(options, "container", words.length === 0 ? shell : words, "rootfs"), null, 2),
  );
}

/** `ctr bundle --rootfs DIR|TAR DIR [ARGS…]`: a bundle for `containers start`. */
export async function bundle({
  options,
  words: [directory = "", ...args],
}: Invocation<BundleOptions>): Promise<void> {
  const path = resolve(directory);
  mkdirSync(path, { mode: 0o711 });
  const rootfs = await provideRootfs(options.rootfs, join(path, "rootfs"));
  const inBundle = rootfs === join(path, "rootfs") ? "rootfs" : rootfs;
  const config = specOf(options, "container", args.length === 0 ? shell : args, inBundle, rootfs);
  writeFileSync(join(path, "config.json"), JSON.stringify(config, null, 2), { mode: 0o600 });
}
