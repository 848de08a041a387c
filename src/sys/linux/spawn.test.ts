import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { Children } from "../children.ts";
import { linuxSys } from "../linux.ts";
import { type SpawnRequest, SysError } from "../sys.ts";
import { openFds } from "../testing/open-fds.ts";

const sys = linuxSys();
let folder = "";
let children: Children;
let before: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sys-spawn-"));
  children = new Children(sys);
  before = openFds();
});

afterEach(() => {
  children[Symbol.dispose]();
  assert.deepEqual(openFds(), before, "descriptors are left open");
  assert.equal(sys.waitNext(), undefined, "a child is left");
  rmSync(folder, { recursive: true });
});

/** What the process writes to its stdout, and how it ends. */
async function run(args: readonly string[], more: Partial<SpawnRequest> = {}) {
  const output = join(folder, "output");
  const stdin = sys.openNull();
  const stdout = openSync(output, "w");
  try {
    const env = ["PATH=/usr/bin:/bin"];
    const file = args[0] ?? "";
    const status = await children.spawnAndWait({ file, args, env, stdin, stdout, stderr: stdout, ...more });
    return { status, output: readFileSync(output, "utf8") };
  } finally {
    closeSync(stdout);
    sys.close(stdin);
  }
}

test("a process gets its arguments, its environment and its working directory", async () => {
  const { status, output } = await run(["/bin/sh", "-c", 'pwd; echo "$A $1"', "sh", "ünicode\n"], {
    env: ["A=b c"],
    cwd: folder,
  });
  assert.deepEqual(status, { kind: "exited", code: 0 });
  assert.equal(output, `${folder}\nb c ünicode\n\n`);
});

test("an exit code and a signal are told apart", async () => {
  assert.deepEqual((await run(["sh", "-c", "exit 137"])).status, { kind: "exited", code: 137 });
  assert.deepEqual((await run(["sh", "-c", "kill -9 $$"])).status, { kind: "signaled", signal: 9 });
});

test("a file without a slash is looked up in the PATH that the child gets", async () => {
  writeFileSync(join(folder, "only-here"), "#!/bin/sh\necho found\n", { mode: 0o755 });
  const { output } = await run(["only-here"], { env: [`PATH=/nonexistent:${folder}:/bin`] });
  assert.equal(output, "found\n");
});

for (const [what, make, code] of [
  ["a file that does not exist", () => ({ file: "/nonexistent/file" }), "ENOENT"],
  ["a name that is nowhere in PATH", () => ({ file: "no-such-command" }), "ENOENT"],
  ["an empty name", () => ({ file: "" }), "ENOENT"],
  ["a directory", () => ({ file: "/tmp" }), "EACCES"],
  ["a working directory that does not exist", () => ({ file: "/bin/true", cwd: "/nonexistent" }), "ENOENT"],
  ["a NUL in an argument", () => ({ file: "/bin/true", args: ["true", "a\0b"] }), "EINVAL"],
  ["a descriptor that is not open", () => ({ file: "/bin/true", extra: [9999] }), "EBADF"],
  [
    "arguments past the kernel's limit",
    () => ({ file: "/bin/true", args: ["true", ...Array.from({ length: 40 }, () => "x".repeat(100_000))] }),
    "E2BIG",
  ],
] as const) {
  test(`${what} is refused with ${code}, and leaves no child`, async () => {
    await assert.rejects(run(["true"], make()), (error) => error instanceof SysError && error.code === code);
  });
}

test("a file in PATH that may not be executed is refused with EACCES", async () => {
  writeFileSync(join(folder, "plain"), "");
  await assert.rejects(run(["plain"], { env: [`PATH=${folder}`] }), { code: "EACCES" });
});

test("the child has its descriptors 0 to 2, the extra ones from 3 on, and no other", async () => {
  const files = ["a", "b"].map((name) => join(folder, name));
  const extra = files.map((path) => openSync(path, "w"));
  try {
    const { output } = await run(["sh", "-c", "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* ->\\)/\\1/p'"], {
      extra,
    });
    const lines = output.trim().split("\n");
    assert.equal(lines[3], `3 -> ${files[0]}`);
    assert.equal(lines[4], `4 -> ${files[1]}`);
    // 1 is sed's pipe; one more is the directory that ls lists.
    assert.equal(lines.length, 6);
  } finally {
    for (const fd of extra) closeSync(fd);
  }
});

test("descriptors that are each other's targets are not mixed up", async () => {
  const names = ["a", "b"];
  const fds = names.map((name) => openSync(join(folder, name), "w"));
  const extra = Array.from({ length: Math.max(...fds) + 1 }, (_, at) => fds[at % 2] ?? -1);
  try {
    const script = extra.map((_, at) => `echo ${at + 3} >>/proc/self/fd/${at + 3}`).join("; ");
    assert.deepEqual((await run(["bash", "-c", script], { extra })).status, { kind: "exited", code: 0 });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
  const numbers = extra.map((_, at) => `${at + 3}\n`);
  for (const [parity, name] of names.entries()) {
    const wanted = numbers.filter((_, at) => at % 2 === parity).join("");
    assert.equal(readFileSync(join(folder, name), "utf8"), wanted);
  }
});

test("signals that this process ignores or blocks are at their default in the child", async () => {
  const { output } = await run(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
  assert.match(output, /SigBlk:\s+0{16}\nSigIgn:\s+0{16}\n/);
});

test("a new session has the child as its leader", async () => {
  const script = 'read -r stat </proc/self/stat; set -- $stat; [ "$1" = "$6" ] && echo leader || echo member';
  assert.equal((await run(["sh", "-c", script], { newSession: true })).output, "leader\n");
  assert.equal((await run(["sh", "-c", script])).output, "member\n");
});

test("megabytes of arguments arrive", async () => {
  const long = "x".repeat(100_000);
  const args = ["sh", "-c", 'echo "$#"', "sh", ...Array.from({ length: 15 }, () => long)];
  assert.equal((await run(args)).output, "15\n");
});
