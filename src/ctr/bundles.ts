import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { removeTree } from "../base/files.ts";
import { checkId, isId } from "../base/ids.ts";
import { bundlesRoot, logsRoot } from "./places.ts";

/** What tells a bundle of ours from anything else that may be in the way. */
const marker = "ctr.json";

/** A bundle that `ctr run` made, with the container's id as its name. */
export interface Bundle {
  readonly id: string;
  readonly path: string;
  readonly rootfs: string;
  /** Where a detached container's output goes. */
  readonly log: string;
}

function bundleOf(id: string): Bundle {
  checkId("container id", id);
  const path = join(bundlesRoot, id);
  return { id, path, rootfs: join(path, "rootfs"), log: join(path, "output.log") };
}

/** Makes an empty bundle. @throws where the id has one already */
export function makeBundle(id: string): Bundle {
  const bundle = bundleOf(id);
  mkdirSync(bundlesRoot, { recursive: true, mode: 0o711 });
  if (existsSync(bundle.path))
    throw new Error(`${id} has been run before: \`ctr rm ${id}\` removes what is left of it`);
  mkdirSync(bundle.path, { mode: 0o711 });
  writeFileSync(join(bundle.path, marker), `${JSON.stringify({ id, made: new Date().toISOString() })}\n`, {
    mode: 0o600,
  });
  return bundle;
}

/** The bundle of an id that `ctr run` made, if it did. */
export function findBundle(id: string): Bundle | undefined {
  if (!isId(id)) return undefined;
  const bundle = bundleOf(id);
  return existsSync(join(bundle.path, marker)) ? bundle : undefined;
}

/** Every bundle that `ctr run` made. */
export function listBundles(): Bundle[] {
  if (!existsSync(bundlesRoot)) return [];
  return readdirSync(bundlesRoot).flatMap((name) => findBundle(name) ?? []);
}

/** Removes a bundle with its root file system, unless something is mounted in it; and the container's log. */
export async function removeBundle({ id, path }: Bundle): Promise<void> {
  // Removing what is mounted would remove the original.
  const mount = mountBelow(path);
  if (mount !== undefined) throw new Error(`${path} is not removed: ${mount} is mounted in it`);
  await removeTree(logsRoot, id);
  await removeTree(bundlesRoot, id);
}

function mountBelow(path: string): string | undefined {
  const inside = `${resolve(path)}/`;
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .find((mount) => mount.startsWith(inside));
}

/**
 * The root file system that a --rootfs means: a directory is used as it is, an archive is unpacked into the bundle.
 *
 * @returns its absolute path
 */
export async function provideRootfs(given: string, into: string): Promise<string> {
  const source = resolve(given);
  if (statSync(source).isDirectory()) return source;
  mkdirSync(into, { recursive: true, mode: 0o755 });
  const tar = spawn(
    "tar",
    ["--extract", "--numeric-owner", "--preserve-permissions", "--file", source, "--directory", into],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const said = text(tar.stderr);
  const [status] = await once(tar, "exit");
  if (status !== 0)
    throw new Error(`cannot unpack ${source}: ${(await said).trim().split("\n").at(-1) ?? `tar: ${status}`}`);
  return into;
}
