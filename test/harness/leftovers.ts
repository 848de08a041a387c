import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processesNaming } from "./processes.ts";
import { until } from "./until.ts";

/** The cgroups, in any hierarchy and at most `depth` levels down, whose name holds `text`. */
export function cgroupsNaming(text: string, depth = 4): string[] {
  const found: string[] = [];
  const walk = (directory: string, left: number): void => {
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry);
      if (entry.includes(text)) found.push(path);
      else if (left > 0) walk(path, left - 1);
    }
  };
  walk("/sys/fs/cgroup", depth);
  return found;
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** The mounts whose line in mountinfo holds `text`. */
export function mountsNaming(text: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(text));
}

/**
 * Fails unless nothing of a test is left: no process that names its directory, no mount, no cgroup of its ids, no container
 * that the runtime knows, no entry in the state directory's containers/.
 */
export async function assertNothingLeft(own: {
  readonly directory: string;
  readonly prefix: string;
  readonly runtimeRoot: string;
  readonly stateDir: string;
}): Promise<void> {
  // a shim ends itself once its last container is forgotten and the daemon is gone: wait for it, then it must hold
  await until("no process of the test is left", () => processesNaming(own.directory).length === 0, 20).catch(
    () => {
      assert.deepEqual(processesNaming(own.directory), [], "processes were left behind");
    },
  );
  assert.deepEqual(mountsNaming(own.directory), [], "mounts were left behind");
  assert.deepEqual(cgroupsNaming(own.prefix), [], "cgroups were left behind");
  assert.deepEqual(entriesOf(own.runtimeRoot), [], "the runtime still knows containers");
  const containers = join(own.stateDir, "containers");
  if (existsSync(containers))
    assert.deepEqual(readdirSync(containers), [], "the state directory still has containers");
}
