import { readFileSync } from "node:fs";
import path from "node:path";
import { version } from "./version.ts";

const root = path.join(import.meta.dirname, "../..");

/** What GetServerVersion says of the software: its name and version, and the commit where it runs from a checkout. */
export function revision(): string {
  const commit = readCommit();
  return commit === undefined
    ? `containerd-ts ${version}`
    : `containerd-ts ${version} (${commit.slice(0, 12)})`;
}

/** HEAD of the checkout (gitrepository-layout(5)); undefined in an installed package. */
function readCommit(): string | undefined {
  try {
    const git = path.join(root, ".git");
    const head = readFileSync(path.join(git, "HEAD"), "utf8").trim();
    const [, ref] = /^ref: (.+)$/.exec(head) ?? [];
    if (ref === undefined) return head;
    return refIn(git, ref);
  } catch {
    return undefined;
  }
}

function refIn(git: string, ref: string): string | undefined {
  try {
    return readFileSync(path.join(git, ref), "utf8").trim();
  } catch {
    const packed = readFileSync(path.join(git, "packed-refs"), "utf8");
    return packed
      .split("\n")
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(" ")[0];
  }
}
