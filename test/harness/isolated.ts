import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tempDir } from "./temp.ts";

/**
 * A mount namespace in which only a directory of the test's own can be written to (and what the kernel makes: proc, cgroups): for tests
 * that put invented text into files that the daemon reads, and removes directories by.
 */
const script = `
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
grep -v ' - \\(proc\\|sysfs\\|cgroup\\|cgroup2\\|devpts\\) ' /proc/self/mountinfo | while read -r _ _ _ _ point _; do
  if [ "$point" != "$1" ]; then mount -o remount,bind,ro "$point"; fi
done
export TMPDIR="$1"
shift
exec "$@"
`;

/**
 * Runs a file of tests in such a namespace, and passes on what it says.
 *
 * @param file beside the caller: "salvage.isolated.ts"
 * @param seconds how long each of its tests may take
 * @throws where one of its tests fails
 */
export async function runIsolated(caller: string, file: string, seconds = 120): Promise<void> {
  await using own = await tempDir();
  const path = fileURLToPath(new URL(file, caller));
  const tests = [
    process.execPath,
    "--test",
    "--test-reporter=spec",
    `--test-timeout=${seconds * 1000}`,
    path,
  ];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const unshare = ["--mount", "--propagation", "private", "sh", "-c", script, "sh", own.path, ...tests];
  const { status, stdout, stderr } = spawnSync("unshare", unshare, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${file} failed (exit status ${status}):\n${stdout}${stderr}`);
  const passed = Number(/^ℹ pass (\d+)$/m.exec(stdout)?.[1] ?? 0);
  if (passed === 0) throw new Error(`${file} ran no test:\n${stdout}${stderr}`);
}

/** For the first line of such a file: it must not run anywhere else. */
export function mustBeIsolated(): void {
  const root = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .findLast((fields) => fields[4] === "/");
  if (root?.[5]?.split(",").includes("ro") !== true)
    throw new Error("this file writes what the daemon removes by: run it by its .test.ts, which isolates it");
}
