import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { specOf, userOf } from "./spec.ts";
import { bytes } from "./spec-options.ts";

interface Shown {
  process: { terminal: boolean; env: string[]; args: string[]; user: unknown };
  root: unknown;
  mounts: { destination: string; source: string }[];
  linux: { namespaces: { type: string }[]; resources: { memory?: unknown; cpu?: unknown; pids?: unknown } };
}

const shown = (...args: Parameters<typeof specOf>) => specOf(...args) as Shown;

test("limits, mounts and the network of a config.json are what the flags say", () => {
  const volume = [{ source: "/src", destination: "/dst", type: "bind", options: ["rbind", "ro"] }];
  const options = { memory: 1024, cpus: 1.5, pidsLimit: 5, net: "host" as const, volume, env: ["A=1"] };
  const spec = shown(options, "web", ["true"], "/rootfs");
  assert.deepEqual(spec.linux.resources.memory, { limit: 1024 });
  assert.deepEqual(spec.linux.resources.cpu, { quota: 150_000, period: 100_000 });
  assert.deepEqual(spec.linux.resources.pids, { limit: 5 });
  assert.ok(!spec.linux.namespaces.some(({ type }) => type === "network"));
  assert.ok(spec.mounts.some(({ source, destination }) => source === "/src" && destination === "/dst"));
  assert.ok(spec.process.env.includes("A=1"));
  assert.deepEqual(spec.root, { path: "/rootfs", readonly: false });
});

test("a user is found by name in the root file system's own files", () => {
  const rootfs = mkdtempSync(join(tmpdir(), "ctr-spec-"));
  try {
    mkdirSync(join(rootfs, "etc"));
    writeFileSync(join(rootfs, "etc/passwd"), "root:x:0:0::/:\nweb:x:33:44::/:\n");
    writeFileSync(join(rootfs, "etc/group"), "root:x:0:\nlogs:x:55:web\n");
    assert.deepEqual(userOf("web", rootfs), { uid: 33, gid: 44 });
    assert.deepEqual(userOf("web:logs", rootfs), { uid: 33, gid: 55 });
    assert.deepEqual(userOf("33", rootfs), { uid: 33, gid: 44 });
    assert.deepEqual(userOf("1000:1000", rootfs), { uid: 1000, gid: 1000 });
    assert.deepEqual(userOf("1000", rootfs), { uid: 1000, gid: 0 });
    assert.throws(() => userOf("nobody", rootfs), /no user nobody/);
    assert.throws(() => userOf("web:x", rootfs), /no group x/);
  } finally {
    rmSync(rootfs, { recursive: true });
  }
});

test("bytes may have a unit", () => {
  assert.deepEqual(
    ["512", "64M", "1g", "1.5k", "2MiB"].map(bytes),
    [512, 67_108_864, 1_073_741_824, 1536, 2_097_152],
  );
  assert.throws(() => bytes("much"));
});
