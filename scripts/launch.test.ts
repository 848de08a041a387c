import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";

const project = path.join(import.meta.dirname, "..");
let root: string;

// A checkout with a program of one line that tells which of its two forms ran, and with what.
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "containerd-ts launch "));
  cpSync(path.join(project, "bin"), path.join(root, "bin"), { recursive: true });
  cpSync(path.join(project, "scripts/launch.sh"), path.join(root, "scripts/launch.sh"));
  for (const part of ["ctr", "daemon", "shim"]) {
    mkdirSync(path.join(root, "src", part), { recursive: true });
    writeFileSync(path.join(root, "src", part, "main.ts"), `console.log("${part}", process.argv.slice(2));`);
  }
  mkdirSync(path.join(root, "node_modules"));
  writeFileSync(path.join(root, "node_modules/.setup"), `${process.execPath}\n`);
  writeFileSync(path.join(root, "package-lock.json"), "{}");
  writeFileSync(path.join(root, "package.json"), '{"type":"module"}');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const run = (command: string, args: string[] = [], cwd = root) => {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { stdout: stdout.trim(), stderr: stderr.trim(), status };
};

function addBundle(when: Date): void {
  mkdirSync(path.join(root, "dist"));
  const bundle = path.join(root, "dist/ctr.cjs");
  writeFileSync(bundle, 'console.log("bundle", process.argv.slice(2));');
  utimesSync(bundle, when, when);
}

const later = () => new Date(Date.now() + 60_000);
const earlier = () => new Date(Date.now() - 60_000);

test("each command starts its own program and hands on its arguments", () => {
  assert.equal(run(path.join(root, "bin/ctr"), ["a b", "--c"]).stdout, "ctr [ 'a b', '--c' ]");
  assert.equal(run(path.join(root, "bin/containerd")).stdout, "daemon []");
  assert.equal(run(path.join(root, "bin/containerd-shim"), ["id"]).stdout, "shim [ 'id' ]");
});

test("a command works by any path and through links", () => {
  assert.equal(run("bin/ctr").stdout, "ctr []");
  assert.equal(run("./ctr", [], path.join(root, "bin")).stdout, "ctr []");
  assert.equal(run("sh", ["ctr"], path.join(root, "bin")).stdout, "ctr []");
  symlinkSync("bin/ctr", path.join(root, "one"));
  symlinkSync("one", path.join(root, "two"));
  assert.equal(run(path.join(root, "two")).stdout, "ctr []");
  symlinkSync("bin", path.join(root, "folder"));
  assert.equal(run("folder/ctr").stdout, "ctr []");
});

test("a bundle is run as long as no source is newer", () => {
  addBundle(later());
  assert.equal(run("bin/ctr", ["x"]).stdout, "bundle [ 'x' ]");
  utimesSync(
    path.join(root, "src/shim/main.ts"),
    new Date(Date.now() + 120_000),
    new Date(Date.now() + 120_000),
  );
  assert.equal(run("bin/ctr", ["x"]).stdout, "ctr [ 'x' ]");
});

test("a bundle that is older than a source is left alone", () => {
  addBundle(earlier());
  assert.equal(run("bin/ctr").stdout, "ctr []");
});

test("an installed package has no sources and runs its bundle with the Node of the host", () => {
  addBundle(earlier());
  rmSync(path.join(root, "src"), { recursive: true });
  rmSync(path.join(root, "node_modules"), { recursive: true });
  assert.equal(run("bin/ctr", ["y"]).stdout, "bundle [ 'y' ]");
});

test("without set-up a command says in a sentence what to do", () => {
  rmSync(path.join(root, "node_modules"), { recursive: true });
  const { stderr, status } = run("bin/ctr");
  assert.equal(stderr, "containerd-ts is not set up: run `npm run setup` first");
  assert.equal(status, 1);
});

test("a Node within the checkout is found again after the checkout has moved", () => {
  mkdirSync(path.join(root, "tools"));
  symlinkSync(process.execPath, path.join(root, "tools/node"));
  writeFileSync(path.join(root, "node_modules/.setup"), "tools/node\n");
  const moved = `${root} moved`;
  renameSync(root, moved);
  root = moved;
  assert.equal(run("bin/ctr").stdout, "ctr []");
});
