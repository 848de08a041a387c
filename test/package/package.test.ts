// The npm package as a user gets it: packed, installed into an empty folder, and used from there.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { makeBundle } from "../harness/bundle.ts";
import { assertNothingLeft } from "../harness/leftovers.ts";
import { type TempDir, tempDir } from "../harness/temp.ts";
import { until } from "../harness/until.ts";

const root = path.join(import.meta.dirname, "../..");
let temporary: TempDir;
let folder: string;

/** As in a user's shell: none of the checkout's own settings are in it. */
function userEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return environment;
}

function run(command: string, args: readonly string[], cwd = folder) {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd,
    env: userEnvironment(),
    encoding: "utf8",
  });
  return { stdout: stdout.trim(), stderr: stderr.trim(), status };
}

function succeed(command: string, args: readonly string[], cwd = folder): string {
  const { stdout, stderr, status } = run(command, args, cwd);
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

before(async () => {
  temporary = await tempDir();
  folder = temporary.path;
  succeed("npm", ["pack", "--loglevel=error", "--pack-destination", folder], root);
  const [tarball] = globSync("*.tgz", { cwd: folder });
  assert.ok(tarball);
  writeFileSync(path.join(folder, "package.json"), '{ "private": true, "type": "module" }');
  succeed("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`]);
});

after(() => temporary[Symbol.asyncDispose]());

const installed = (...names: string[]) => path.join(folder, "node_modules/containerd-ts", ...names);
const command = (name: string) => path.join(folder, "node_modules/.bin", name);

test("the package has the programs and their licences, and no sources or tests", () => {
  const names = readdirSync(installed());
  for (const wanted of ["bin", "dist", "docs", "LICENSE", "README.md", "CHANGELOG.md"])
    assert.ok(names.includes(wanted), wanted);
  for (const unwanted of ["src", "test", "tools", "node_modules"])
    assert.ok(!names.includes(unwanted), unwanted);
  assert.ok(existsSync(installed("dist/THIRD-PARTY-LICENCES.txt")));
});

test("its three commands run without a build", () => {
  for (const name of ["ctr", "containerd"]) {
    assert.match(succeed(command(name), ["--version"]), /\d+\.\d+\.\d+/, name);
  }
  assert.match(run(command("containerd-shim"), []).stderr, /usage: containerd-shim/);
});

test("its daemon, shim and ctr run a container together", async () => {
  const address = `unix://${folder}/containerd.sock`;
  const stateDir = path.join(folder, "state");
  const runtimeRoot = path.join(folder, "runtime");
  const prefix = `package-${process.pid}`;
  const bundle = makeBundle(folder, "hello", { args: ["echo", "hello"] });
  const daemon = spawn(
    command("containerd"),
    ["--listen", address, "--state-dir", stateDir, "--runtime-args", `--root=${runtimeRoot}`],
    { stdio: "ignore", env: userEnvironment() },
  );
  const ended = once(daemon, "exit");
  try {
    await until(
      "the daemon serves",
      () => run(command("ctr"), ["--address", address, "version"]).status === 0,
    );
    const start = ["containers", "start", "--attach", `${prefix}-hello`, bundle];
    assert.equal(succeed(command("ctr"), ["--address", address, ...start]), "hello");
  } finally {
    daemon.kill("SIGTERM");
    await ended;
  }
  await assertNothingLeft({ directory: folder, prefix, runtimeRoot, stateDir });
});

test("a command says in a sentence which Node it needs", () => {
  const stub = installed("dist/ctr.cjs");
  const old = `Object.defineProperty(process.versions, "node", { value: "22.1.0" }); require(${JSON.stringify(stub)})`;
  const { stderr, status } = run(process.execPath, ["-e", old]);
  assert.match(stderr, /^containerd-ts needs Node 24 or newer; this is v\d+/);
  assert.equal(status, 1);
});

test("the SDK can be imported", () => {
  const script = 'import * as sdk from "containerd-ts"; console.log(Object.keys(sdk).length > 0)';
  assert.equal(succeed(process.execPath, ["--input-type=module", "-e", script]), "true");
});

test("the SDK's declarations satisfy a strict compiler, and are not just `any`", () => {
  const use = [
    'import { type Client, connect } from "containerd-ts";',
    "export const client: Client = await connect();",
    "// @ts-expect-error A client is no number.",
    "export const number: number = client;",
  ];
  writeFileSync(path.join(folder, "use.ts"), use.join("\n"));
  const flags = "--noEmit --strict --skipLibCheck false --module nodenext --target esnext".split(" ");
  const types = ["--types", "node", "--typeRoots", path.join(root, "node_modules/@types")];
  succeed(path.join(root, "node_modules/.bin/tsc"), [...flags, ...types, "use.ts"]);
});

test("only what the package does not carry itself is installed with it", () => {
  const names = readdirSync(path.join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  assert.deepEqual(names.sort(), ["@bufbuild", "@koromix", "containerd-ts", "koffi"]);
});
