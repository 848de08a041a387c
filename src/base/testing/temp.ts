import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of the test's own, removed with everything in it. */
export class TempDir implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "containerd-ts-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
