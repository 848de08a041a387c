import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { messageOf } from "../../src/base/errors.ts";

const setup = join(import.meta.dirname, "../../scripts/setup-criu");

/** For node:test: skips, with the reason, where CRIU cannot run; elsewhere runtimes find it in PATH from now on. */
export function withCriu(): { readonly skip?: string } {
  try {
    const folder = execFileSync("sh", [setup], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
    const path = `${folder}:${process.env["PATH"] ?? ""}`;
    const check = spawnSync("criu", ["check"], { encoding: "utf8", env: { ...process.env, PATH: path } });
    if (check.status !== 0) return { skip: `CRIU does not work on this machine: ${check.stderr.trim()}` };
    process.env["PATH"] = path;
    return {};
  } catch (error) {
    return { skip: `no CRIU for this machine: ${messageOf(error)}` };
  }
}
