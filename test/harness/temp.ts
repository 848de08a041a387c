import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of one test's own, removed with everything in it when the test ends. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

export async function tempDir(): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), "ctd-"));
  return {
    path,
    async [Symbol.asyncDispose]() {
      // mkdtemp's own name and nothing else: no pattern is ever removed
      await rm(path, { recursive: true, force: true });
    },
  };
}
