import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeFifo, readFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { runtimes, TestShim } from "./harness.ts";

prepareHost();

for (const runtime of runtimes) {
  describe(`a launch with ${runtime}`, () => {
    it("starts a process, tells its pid, its output and its exit", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = makeFifo(shim.directory, "out");
      const out = readFifo(stdout);
      const { pid } = await shim.run("echo", ["sh", "-c", "echo hello; exit 7"], { stdout });
      assert.ok(pid > 0);
      const exit = await shim.exit("echo");
      assert.equal(exit.status, 7);
      assert.equal(exit.pid, pid);
      assert.equal((await out.end).toString(), "hello\n");
    });
  });
}
