import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";
import { runtimes, TestShim } from "./harness.ts";

prepareHost();

function fifos(shim: TestShim) {
  const [stdin, stdout] = [makeFifo(shim.directory, "in"), makeFifo(shim.directory, "out")];
  // As Docker does: it is named, and nothing is there.
  return { stdin, stdout, stderr: join(shim.directory, "none") };
}

/** CPU time of a process so far, in clock ticks. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

for (const runtime of runtimes) {
  describe(`a terminal with ${runtime}`, () => {
    it("is one, has the size that it is given, and its output arrives to the last line", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const out = readFifo(stdio.stdout);
      const writer = writeFifo(stdio.stdin);
      const args = ["sh", "-c", "tty; read go; stty size; seq 1 20000; echo done"];
      const { held } = await shim.run("tty", { args, terminal: true }, stdio);
      assert.deepEqual(Object.keys(held).sort(), ["stdin", "stdinWriter", "stdout", "terminal"]);
      await shim.shim.resize(shim.key("tty"), 123, 45);
      writer.write("go\n");
      assert.equal((await shim.exit("tty")).status, 0);
      const text = (await out.end).toString();
      assert.match(text, /^\/dev\/(pts\/\d+|console)\r\n/);
      assert.match(text, /45 123\r\n/);
      assert.match(text, /\n20000\r\ndone\r\n$/);
      await writer.close().catch(() => {});
    });

    it("begins with the size that the process has in its record", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const out = readFifo(stdio.stdout);
      await shim.run("main", ["sleep", "1000"]);
      const record = { terminal: true, consoleSize: { width: 91, height: 19 } };
      await shim.exec("main", "x", ["sh", "-c", "read go; stty size"], { ...stdio, record });
      const writer = writeFifo(stdio.stdin);
      writer.write("go\n");
      await shim.exit("main", "x");
      await writer.close().catch(() => {});
      assert.match((await out.end).toString(), /19 91\r\n/);
    });

    it("without a reader makes the process wait, costs no CPU, and hides no exit", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const { pid } = await shim.run("yes", { args: ["yes"], terminal: true }, stdio);
      await until("the process waits", () => /\nState:\tS/.test(readFileSync(`/proc/${pid}/status`, "utf8")));
      const before = ticks(shim.shim.pid);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.ok(ticks(shim.shim.pid) - before < 10, "the shim does not turn in circles");
      process.kill(pid, "SIGKILL");
      assert.equal((await shim.exit("yes")).status, 137);
      const out = readFifo(stdio.stdout);
      assert.match((await out.end).toString(), /^(y\r\n)+y?\r?\n?$/);
    });

    it("takes input that the process does not read, and others are served meanwhile", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const writer = writeFifo(stdio.stdin);
      const { pid } = await shim.run("deaf", { args: ["sleep", "1000"], terminal: true }, stdio);
      // More than the FIFO and the terminal hold together; the writer holds the rest.
      writer.write(Buffer.alloc(96 << 10, "x\n"));
      await shim.run("other", ["true"]);
      assert.equal((await shim.exit("other")).status, 0);
      process.kill(pid, "SIGKILL");
      assert.equal((await shim.exit("deaf")).status, 137);
      await writer.close().catch(() => {});
    });

    it("may be closed by its process, which goes on", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const out = readFifo(stdio.stdout);
      const args = ["sh", "-c", "echo before; exec <&- >&- 2>&-; sleep 1; exit 5"];
      await shim.run("closes", { args, terminal: true }, stdio);
      assert.equal((await shim.exit("closes")).status, 5);
      assert.match((await out.end).toString(), /before\r\n/);
    });

    it("has no end of input when its client goes, and the next one types on", async () => {
      await using shim = await TestShim.start(runtime);
      const stdio = fifos(shim);
      const out = readFifo(stdio.stdout);
      await shim.run("sh", { args: ["sh"], terminal: true, env: ["PATH=/bin", "PS1=$ "] }, stdio);
      const first = writeFifo(stdio.stdin);
      first.write("echo o''ne\n");
      await until("the shell answers", () => out.text().includes("\none\r\n"));
      await first.close();
      const second = writeFifo(stdio.stdin);
      second.write("echo t''wo; exit 4\n");
      assert.equal((await shim.exit("sh")).status, 4);
      assert.match((await out.end).toString(), /\ntwo\r\n/);
      await second.close().catch(() => {});
    });
  });
}
