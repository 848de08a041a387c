import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Children } from "./children.ts";
import { linuxSys } from "./linux.ts";
import { withRunc, writeBundle } from "./testing/bundle.ts";
import { openFds } from "./testing/open-fds.ts";
import { start } from "./testing/processes.ts";
import { until } from "./testing/until.ts";

const sys = linuxSys();

test(
  "the exit of a container that ends at once is never lost, however many start together",
  withRunc,
  async () => {
    sys.setChildSubreaper();
    const before = openFds();
    const orphans: number[] = [];
    const folder = mkdtempSync(join(tmpdir(), "sys-runc-"));
    {
      using children = new Children(sys, { onOrphan: (pid) => orphans.push(pid) });
      const env = ["PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"];
      const runc = (...args: string[]) =>
        children.claim(start(sys, ["runc", "--root", join(folder, "state"), ...args], { env }));

      const life = async (code: number): Promise<number> => {
        const id = `sys-children-${process.pid}-${code}`;
        const bundle = mkdtempSync(join(folder, "bundle-"));
        const pidFile = join(bundle, "pid");
        writeBundle(bundle, `exit ${code}`, false);
        using _launch = children.expecting();
        const started = await runc("run", "--detach", "--bundle", bundle, "--pid-file", pidFile, id);
        assert.deepEqual(started, { kind: "exited", code: 0 });
        const status = await children.claim(
          Number(readFileSync(pidFile, "latin1")),
          AbortSignal.timeout(10_000),
        );
        await runc("delete", "--force", id);
        return status.kind === "exited" ? status.code : -1;
      };
      const codes = Array.from({ length: 30 }, (_, at) => at + 1);
      assert.deepEqual(await Promise.all(codes.map(life)), codes);
    }
    assert.deepEqual(openFds(), before);
    rmSync(folder, { recursive: true });
  },
);

test("an aborted child that leads a session takes its own children with it", async () => {
  sys.setChildSubreaper();
  const gone: number[] = [];
  using children = new Children(sys, { onOrphan: (pid) => gone.push(pid) });
  const [reader, writer] = sys.pipe();
  const nothing = sys.openNull();
  const abort = new AbortController();
  const args = ["sh", "-c", "sleep 60 & echo $!; wait"];
  const stdio = { stdin: nothing, stdout: writer, stderr: nothing };
  const request = { file: "sh", args, env: ["PATH=/usr/bin:/bin"], ...stdio, newSession: true };
  const waiting = children.spawnAndWait(request, abort.signal);
  const buffer = Buffer.alloc(32);
  const grandchild = Number(buffer.toString("latin1", 0, sys.read(reader, buffer)));
  abort.abort();
  assert.deepEqual(await waiting, { kind: "signaled", signal: 9 });
  await until(() => gone.includes(grandchild));
  for (const fd of [reader, writer, nothing]) sys.close(fd);
});
