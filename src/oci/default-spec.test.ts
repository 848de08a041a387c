import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TempDir } from "../base/testing/temp.ts";
import { type DefaultSpecOptions, defaultSpec } from "./default-spec.ts";
import { readSpec } from "./read-spec.ts";
import { defaultSeccomp } from "./seccomp.ts";

const find = (name: string): string | undefined =>
  ["/usr/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
const busybox = find("busybox");
const runtimes = ["runc", "crun"].filter((name) => find(name) !== undefined);

/** Runs a script in a container of the default kind. @returns what it wrote */
function run(runtime: string, script: string, options: Partial<DefaultSpecOptions> = {}): string {
  using dir = new TempDir();
  for (const folder of ["bin", "proc", "sys", "dev", "tmp"])
    mkdirSync(dir.file(`rootfs/${folder}`), { recursive: true });
  copyFileSync(busybox ?? "", dir.file("rootfs/bin/busybox"));
  const args = ["/bin/busybox", "sh", "-c", script];
  const spec = defaultSpec({ args, rootfs: "rootfs", ...options });
  writeFileSync(dir.file("config.json"), JSON.stringify(spec));
  const id = `default-spec-${process.pid}`;
  const { stdout, stderr, status } = spawnSync(
    runtime,
    ["--root", dir.file("runtime"), "run", "--bundle", dir.path, id],
    { encoding: "utf8", env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` } },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

for (const runtime of runtimes) {
  test(`${runtime} runs the default container, which can work, and cannot touch the host`, {
    skip: process.getuid?.() === 0 && busybox !== undefined ? false : "needs root and busybox",
  }, () => {
    const script = `b=/bin/busybox
      says() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }
      echo works $(says $b touch /tmp/a) $(says $b chown 5:5 /tmp/a) $(says $b ping -c1 127.0.0.1) $(says $b chroot / $b true)
      echo mounts $(says $b mount -t tmpfs x /tmp) unshares $(says $b unshare -m $b true) kernel log $(says $b dmesg)
      echo sets $(says $b sh -c 'echo x >/proc/sys/kernel/hostname') cgroup $(says $b mkdir /sys/fs/cgroup/memory/x)
      echo tells $(says $b test -s /proc/keys) $(says $b ls -A /sys/firmware | $b wc -l) host $($b hostname)
      $b grep -E '^(CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status`;
    const lines = run(runtime, script, { hostname: "own" }).trim().split("\n");
    assert.deepEqual(lines, [
      ...[
        "works yes yes yes yes",
        "mounts no unshares no kernel log no",
        "sets no cgroup no",
        "tells no 1 host own",
      ],
      ...["CapBnd:\t00000000a80425fb", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"],
    ]);
  });
}

test("the default is a configuration that the daemon takes", async () => {
  using dir = new TempDir();
  const spec = defaultSpec({ args: ["sh"], rootfs: "rootfs", terminal: true, env: ["A=b"], seccomp: false });
  writeFileSync(dir.file("config.json"), JSON.stringify(spec));
  const { process } = await readSpec(dir.path);
  assert.deepEqual(process.env?.slice(1), ["TERM=xterm", "A=b"]);
  assert.equal("seccomp" in (spec["linux"] as object), false);
});

test("the system calls that are allowed are named once, and none is among them that would get out", () => {
  const { syscalls } = defaultSeccomp() as {
    readonly syscalls: readonly { names: string[]; action: string; args?: object[] }[];
  };
  const allowed = syscalls
    .filter(({ action, args }) => action === "SCMP_ACT_ALLOW" && args === undefined)
    .flatMap(({ names }) => names);
  assert.deepEqual(allowed, [...new Set(allowed)]);
  assert.ok(allowed.length > 300 && allowed.every((name) => /^_?[a-z0-9_]+$/.test(name)));
  const dangerous =
    `mount umount2 pivot_root unshare setns bpf kexec_load init_module finit_module delete_module reboot swapon
    open_by_handle_at perf_event_open userfaultfd io_uring_setup keyctl add_key settimeofday clock_settime stime iopl ioperm
    quotactl acct syslog move_mount fsopen open_tree clone clone3 socket personality`.split(/\s+/);
  assert.deepEqual(
    allowed.filter((name) => dangerous.includes(name)),
    [],
  );
});
