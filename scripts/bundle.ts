// Makes dist/ with esbuild; see scripts/bundle.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { licencesOf } from "./licences.ts";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");
const started = new Date();

const { values: flags } = parseArgs({
  options: { "if-stale": { type: "boolean" }, package: { type: "boolean" } },
});

/** The programs: src/NAME/main.ts becomes dist/NAME.cjs. Those that are not written yet are left out. */
const programs = ["ctr", "daemon", "shim"].filter((name) =>
  existsSync(path.join(root, "src", name, "main.ts")),
);

/** What is true of a source file by its place in src/ stays true in a bundle: its paths are made from there. */
const keepPlaces: Plugin = {
  name: "keep-places",
  setup({ onLoad, initialOptions }) {
    const entries = Object.values(initialOptions.entryPoints ?? {}).map(String);
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path: file }) => {
      const text = readFileSync(file, "utf8");
      if (!text.includes("import.meta.")) return undefined;
      const place = `require("node:path").join(__dirname, "..", ${JSON.stringify(path.relative(root, file))})`;
      const contents = text
        .replaceAll("import.meta.dirname", `require("node:path").dirname(${place})`)
        .replaceAll("import.meta.filename", place)
        .replaceAll("import.meta.url", `require("node:url").pathToFileURL(${place}).href`)
        .replaceAll("import.meta.main", String(entries.includes(path.relative(root, file))));
      return { contents, loader: "ts" };
    });
  },
};

/** Commander loads child_process, 4 ms, for subcommands that are programs of their own, which ours are not. */
const lazyChildProcess: Plugin = {
  name: "lazy-child-process",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path: name }) => {
      return importer.includes("/commander/") ? { path: name, namespace: "lazy" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "lazy" }, () => ({
      contents: `module.exports = { spawn: (...args) => process.getBuiltinModule("node:child_process").spawn(...args) }`,
    }));
  },
};

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node24",
  write: true,
  metafile: true,
  logLevel: "warning",
  // Whitespace and syntax only: names stay, so that stack traces can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  legalComments: "none",
};

/**
 * The file that is run. It asks for V8's compile cache before the program is loaded, which is why it is a file of
 * its own. The cache is kept beside the program, never in /tmp, where others could write what root then runs.
 */
function entry(name: string): string {
  return [
    `if (parseInt(process.versions.node, 10) < 24) {`,
    `  console.error("containerd-ts needs Node 24 or newer; this is " + process.version);`,
    `  process.exit(1);`,
    `}`,
    `const cache = require("node:module");`,
    `cache.enableCompileCache(require("node:path").join(__dirname, ".cache"));`,
    `require("./${name}.bundle.cjs");`,
    // A program that ends by a signal would never write what it compiled.
    name === "ctr" ? "" : "setTimeout(cache.flushCompileCache, 3000).unref();",
  ].join("\n");
}

/** Whether nothing in src/ and the lock is newer than the program: the rule that bin/* go by. */
function fresh(name: string): boolean {
  const file = path.join(dist, `${name}.cjs`);
  if (!existsSync(file)) return false;
  const made = statSync(file).mtimeMs;
  const sources = ["src", "package-lock.json", "scripts/bundle.ts", ...globSync("src/**", { cwd: root })];
  return sources.every((source) => statSync(path.join(root, source)).mtimeMs <= made);
}

/** Puts a file in place whole, dated when bundling began: a source that changes meanwhile is newer. */
function place(temporary: string, file: string): void {
  utimesSync(temporary, started, started);
  renameSync(temporary, file);
}

async function bundlePrograms(): Promise<string[]> {
  const used: string[] = [];
  for (const name of programs) {
    const outfile = path.join(dist, `.${name}.bundle.${process.pid}.cjs`);
    const result = await build({
      ...common,
      entryPoints: [`src/${name}/main.ts`],
      outfile,
      format: "cjs",
      // koffi is native. grpc-js loads proto-loader only for channelz, which nothing here serves.
      external: ["koffi", "@grpc/proto-loader"],
      plugins: [keepPlaces, lazyChildProcess],
    });
    used.push(...Object.keys(result.metafile?.inputs ?? {}));
    place(outfile, path.join(dist, `${name}.bundle.cjs`));
    const stub = `${outfile}.entry`;
    writeFileSync(stub, entry(name));
    place(stub, path.join(dist, `${name}.cjs`));
  }
  return used;
}

/** The SDK for those who install the package: one ES module with its declarations. */
async function bundleClient(): Promise<void> {
  await build({
    ...common,
    entryPoints: ["src/client/index.ts"],
    outfile: "dist/client.js",
    format: "esm",
    packages: "external",
    minifyWhitespace: false,
  });
  rmSync(path.join(dist, "types"), { recursive: true, force: true });
  const { status } = spawnSync("tsc", ["--project", "tsconfig.package.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc made no declarations");
  // tsc makes no declarations of what already is one.
  for (const file of globSync("**/*.d.ts", { cwd: path.join(root, "src") }))
    cpSync(path.join(root, "src", file), path.join(dist, "types", file));
}

/** Fills the compile cache, so that the first `ctr` is as fast as the others. */
function warm(): void {
  if (!programs.includes("ctr")) return;
  // Nobody listens there, but all that a call needs is loaded and compiled.
  const call = ["--address", "unix:///nonexistent", "version"];
  spawnSync(process.execPath, ["--min-semi-space-size=16", path.join(dist, "ctr.cjs"), ...call], {
    stdio: "ignore",
    timeout: 10_000,
  });
}

if (!flags["if-stale"] || !programs.every(fresh)) {
  mkdirSync(dist, { recursive: true });
  const used = await bundlePrograms();
  if (flags.package) {
    await bundleClient();
    writeFileSync(path.join(dist, "THIRD-PARTY-LICENCES.txt"), licencesOf(root, used));
  } else {
    warm();
  }
}
