// The licences of the packages that a bundle contains: they ask to be handed on with it.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** The folder of the package that a bundled file comes from, or undefined if it is our own. */
export function packageOf(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

export function licencesOf(root: string, files: readonly string[]): string {
  const folders = new Set(files.map(packageOf).filter((folder) => folder !== undefined));
  const parts = [...folders].sort().map((folder) => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
    const { name, version, license } = manifest as { name: string; version: string; license?: string };
    const [file] = globSync("{LICENSE,LICENCE,License,license}*", { cwd: path.join(root, folder) });
    const text = file === undefined ? "" : readFileSync(path.join(root, folder, file), "utf8").trim();
    return `${name} ${version} (${license ?? "see its repository"})\n\n${text}\n`;
  });
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
