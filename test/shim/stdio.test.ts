import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { busyboxRootfs } from "../harness/bundle.ts";
import { makeFifo, readFifo, writeFifo } from "../harness/fifo.ts";
import { prepareHost } from "../harness/host.ts";
import { until } from "../harness/until.ts";
import { runtimes, TestShim } from "./harness.ts";

prepareHost();

/** What the shim itself holds of a test's FIFOs. */
function heldBy(pid: number, directory: string): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((path) => path.startsWith(directory) && !path.includes("/shims/"));
}

for (const runtime of runtimes) {
  describe(`stdio with ${runtime}`, () => {
    it("brings 500 MiB of stdin whole, and its end once, when shim and client have closed it", async () => {
      await using shim = await TestShim.start(runtime);
      const [stdin, stdout] = [makeFifo(shim.directory, "in"), makeFifo(shim.directory, "out")];
      const out = readFifo(stdout);
      const writer = writeFifo(stdin);
      const args = ["sh", "-c", "busybox sha256sum; cat | wc -c"];
      await shim.run("sum", { args }, { stdin, stdout });
      const block = Buffer.alloc(1 << 20, "0123456789abcdef");
      const hash = createHash("sha256");
      for (let n = 0; n < 500; n += 1) {
        hash.update(block);
        writer.write(block);
      }
      await writer.close();
      const more = writeFifo(stdin);
      more.write("and more");
      hash.update("and more");
      await more.close();
      assert.equal(shim.exits.length, 0, "the end of one writer is not stdin's end");
      await shim.shim.closeStdin(shim.key("sum"));
      await shim.shim.closeStdin(shim.key("sum")).catch(() => {});
      assert.equal((await shim.exit("sum")).status, 0);
      assert.equal((await out.end).toString(), `${hash.digest("hex")}  -\n0\n`);
    });

    it("is closed at once after the start, and what was written before arrives", async () => {
      await using shim = await TestShim.start(runtime);
      const [stdin, stdout] = [makeFifo(shim.directory, "in"), makeFifo(shim.directory, "out")];
      const out = readFifo(stdout);
      const writer = writeFifo(stdin);
      writer.write("early\n");
      await shim.run("cat", ["cat"], { stdin, stdout });
      await shim.shim.closeStdin(shim.key("cat"));
      await writer.close();
      assert.equal((await shim.exit("cat")).status, 0);
      assert.equal((await out.end).toString(), "early\n");
    });

    it("without a reader fills up, and hides no exit; the shim holds none of it", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = makeFifo(shim.directory, "out");
      const { pid } = await shim.run("yes", ["yes"], { stdout });
      assert.deepEqual(heldBy(shim.shim.pid, shim.directory), []);
      process.kill(pid, "SIGKILL");
      assert.equal((await shim.exit("yes")).status, 137);
    });

    it("gets to a reader who comes while the process runs, and goes on when he is followed by another", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = makeFifo(shim.directory, "out");
      const args = ["sh", "-c", "seq 1 5; read go; seq 6 10"];
      const stdin = makeFifo(shim.directory, "in");
      await shim.run("late", args, { stdin, stdout });
      const first = readFifo(stdout);
      await until("the first lines are there", () => first.text() === "1\n2\n3\n4\n5\n");
      first.kill();
      await first.end;
      const second = readFifo(stdout);
      const writer = writeFifo(stdin);
      writer.write("go\n");
      await shim.exit("late");
      assert.equal((await second.end).toString(), "6\n7\n8\n9\n10\n");
      await writer.close().catch(() => {});
    });

    it("that was written just before the exit is all there", async () => {
      await using shim = await TestShim.start(runtime);
      const [stdout, stderr] = [makeFifo(shim.directory, "out"), makeFifo(shim.directory, "err")];
      const [out, err] = [readFifo(stdout), readFifo(stderr)];
      await shim.run("seq", ["sh", "-c", "seq 1 100000; echo end >&2"], { stdout, stderr });
      await shim.exit("seq");
      const text = (await out.end).toString();
      assert.equal(text.length, 588_895);
      assert.match(text, /\n100000\n$/);
      assert.equal((await err.end).toString(), "end\n");
    });

    it("of an exec may be kept by its background child, and its exit is told all the same", async () => {
      await using shim = await TestShim.start(runtime);
      await shim.run("main", ["sleep", "1000"]);
      const stdout = makeFifo(shim.directory, "out");
      const out = readFifo(stdout);
      await shim.exec("main", "bg", ["sh", "-c", "sleep 1000 & echo started"], { stdout });
      assert.equal((await shim.exit("main", "bg")).status, 0);
      await until("its output is there", () => out.text() === "started\n");
      await shim.delete("main");
      await out.end;
    });

    it("appends to plain files, both to one", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = join(shim.directory, "file");
      writeFileSync(stdout, "before\n");
      await shim.run("file", ["sh", "-c", "echo one; echo two >&2; echo three"], { stdout, stderr: stdout });
      await shim.exit("file");
      assert.equal(readFileSync(stdout, "utf8"), "before\none\ntwo\nthree\n");
    });

    it("that cannot be opened is one clear error, and leaves nothing open", async () => {
      await using shim = await TestShim.start(runtime);
      const at = (name: string) => join(shim.directory, name);
      mkdirSync(at("directory"));
      const server = createServer().listen(at("socket"));
      const before = readdirSync(`/proc/${shim.shim.pid}/fd`).length;
      const wrong = [
        [
          { stdout: at("directory") },
          "INVALID_ARGUMENT",
          `shim error: open stdout ${at("directory")}: is a directory`,
        ],
        [
          { stdin: at("directory") },
          "INVALID_ARGUMENT",
          `shim error: open stdin ${at("directory")}: is a directory`,
        ],
        [
          { stderr: at("none") },
          "NOT_FOUND",
          `shim error: open stderr ${at("none")}: no such file or directory`,
        ],
        [
          { stdin: at("none") },
          "NOT_FOUND",
          `shim error: open stdin ${at("none")}: no such file or directory`,
        ],
        [
          { stdout: at("socket") },
          "INVALID_ARGUMENT",
          `shim error: open stdout ${at("socket")}: it is a socket, not a FIFO`,
        ],
      ] as const;
      for (const terminal of [false, true])
        for (const [paths, code, message] of wrong) {
          if (terminal && "stderr" in paths) continue;
          await assert.rejects(shim.run("bad", ["true"], { ...paths, record: { terminal } }), {
            code,
            message,
          });
        }
      assert.equal(readdirSync(`/proc/${shim.shim.pid}/fd`).length, before);
      assert.deepEqual(await shim.shim.list(), []);
      server.close();
    });

    it("is opened again by a process that is not root", async () => {
      await using shim = await TestShim.start(runtime);
      const stdout = makeFifo(shim.directory, "out");
      const out = readFifo(stdout);
      const args = ["sh", "-c", "echo again > /proc/self/fd/1"];
      await shim.run("user", { args, user: { uid: 1000, gid: 1000 } }, { stdout });
      assert.equal((await shim.exit("user")).status, 0);
      assert.equal((await out.end).toString(), "again\n");
    });

    it("belongs to the root of a user namespace", async () => {
      await using shim = await TestShim.start(runtime);
      const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      const stdout = makeFifo(shim.directory, "out");
      const out = readFifo(stdout);
      const rootfs = busyboxRootfs(shim.directory);
      for (const path of [shim.directory, rootfs, join(shim.directory, "bundles")]) {
        mkdirSync(path, { recursive: true });
        execFileSync("chmod", ["0755", path]);
      }
      chownSync(rootfs, 100_000, 100_000);
      const namespaces = ["pid", "ipc", "uts", "mount", "user"].map((type) => ({ type }));
      const bundle = {
        args: ["sh", "-c", "id -u; echo again > /proc/self/fd/1"],
        linux: { namespaces, uidMappings: mapping, gidMappings: mapping },
      };
      await shim.run("userns", bundle, { stdout, record: { rootUID: 100_000, rootGID: 100_000 } });
      assert.equal((await shim.exit("userns")).status, 0);
      assert.equal((await out.end).toString(), "0\nagain\n");
      assert.equal(statSync(stdout).uid, 100_000);
    });
  });
}
