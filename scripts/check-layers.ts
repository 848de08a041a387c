// Keeps the arrows between the folders of src/: prints each import that goes the wrong way, and fails.
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

/** One import of one file. `typeOnly` leaves nothing behind at run time. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** A folder of src/, or files of it, that another may import. */
interface Target {
  /** Below src/; what ends in "/" is a folder, anything else the start of a file's path. */
  readonly prefix: string;
  readonly typeOnly?: boolean;
}

const folder = (name: string): Target => ({ prefix: `${name}/` });
const base = folder("base");
const gen = folder("gen");
const wire = folder("wire");
const oci = folder("oci");
const state = folder("state");
const sys = folder("sys");
const runtime = folder("runtime");
const supervisor = folder("supervisor");
const client = folder("client");

/** Who may import whom; a folder may always import itself. A folder that is not here may import nothing. */
const layers: Readonly<Record<string, readonly Target[]>> = {
  base: [],
  gen: [],
  sys: [base],
  oci: [base],
  wire: [gen, base],
  state: [oci, base],
  runtime: [oci, state, sys, base],
  shim: [{ prefix: "runtime/cli" }, state, sys, oci, base],
  supervisor: [
    runtime,
    { prefix: "shim/protocol" },
    { prefix: "shim/client" },
    oci,
    state,
    // The kernel is handed in, so that a fake can be; these are plain code above it.
    { prefix: "sys/", typeOnly: true },
    { prefix: "sys/children" },
    { prefix: "sys/sys-error" },
    { prefix: "sys/wait-status" },
    base,
  ],
  api: [
    supervisor,
    // The words that tasks and their results are made of.
    { prefix: "runtime/", typeOnly: true },
    gen,
    wire,
    oci,
    base,
  ],
  daemon: [folder("api"), supervisor, folder("shim"), runtime, state, oci, sys, wire, gen, base],
  client: [gen, wire, base],
  ctr: [client, oci, base],
};

/** Packages that only some folders may import, and why. */
const packages: readonly { name: string; only: readonly string[]; reason: string }[] = [
  { name: "koffi", only: ["sys"], reason: "only src/sys calls libc" },
  {
    name: "node:child_process",
    only: ["ctr", "client"],
    reason: "libuv's children and a reaper of one's own don't mix",
  },
  { name: "pino", only: ["daemon"], reason: "only the daemon has a logging library" },
  { name: "prom-client", only: ["daemon"], reason: "only the daemon has metrics" },
  {
    name: "@grpc/grpc-js",
    only: ["api", "daemon", "client", "wire"],
    reason: "gRPC ends at the api and the client",
  },
];

/** The parts that are programs, and put everything together. */
const programs: readonly string[] = ["daemon", "shim"];

const isTest = (file: string): boolean => file.endsWith(".test.ts") || file.includes("/testing/");

/** The imports of a source text: static, re-exported and dynamic ones. */
export function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:([^;"'`()]*?)\s*from\s*)?["']([^"']+)["']/gm;
  for (const [, type, names, specifier] of code.matchAll(statement)) {
    if (specifier === undefined) continue;
    found.push({ specifier, typeOnly: type !== undefined || onlyTypes(names) });
  }
  for (const [, specifier] of code.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    if (specifier !== undefined) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** Whether the braces of an import name types only: `{ type A, type B }`. */
function onlyTypes(names: string | undefined): boolean {
  const braced = /^\{([^}]*)\}$/.exec(names?.trim() ?? "")?.[1];
  if (braced === undefined) return false;
  const each = braced.split(",").filter((name) => name.trim() !== "");
  return each.length > 0 && each.every((name) => /^\s*type\s/.test(name));
}

/** Why a file of src/ may not have this import, or undefined if it may. */
export function fault(file: string, { specifier, typeOnly }: Import): string | undefined {
  const from = file.split("/")[1] ?? "";
  if (!specifier.startsWith(".")) {
    const rule = packages.find(({ name }) => specifier === name || `node:${specifier}` === name);
    if (rule === undefined || rule.only.includes(from) || isTest(file)) return undefined;
    return rule.reason;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (isTest(file)) return undefined;
  if (target === "package.json") return undefined;
  if (!target.startsWith("src/")) return "nothing outside src/ is shipped";
  if (isTest(target)) return "test helpers are for tests";
  const to = target.split("/")[1] ?? "";
  if (to === from) return undefined;
  if (target.startsWith("src/sys/linux") && !programs.includes(from))
    return "the kernel is handed in by the programs, so that a fake can be";
  const allowed = layers[from];
  if (allowed === undefined)
    return `src/${from} is in no layer: say in scripts/check-layers.ts where it belongs`;
  const inSrc = target.slice("src/".length);
  const entries = allowed.filter(({ prefix }) => inSrc.startsWith(prefix));
  if (entries.some((entry) => entry.typeOnly !== true || typeOnly)) return undefined;
  if (entries.length > 0) return `src/${from} may import types only from src/${to}`;
  const names = allowed.map(({ prefix }) => prefix.replace(/\/$/, ""));
  return names.length === 0
    ? `src/${from} imports nothing of ours`
    : `src/${from} may import ${names.join(", ")} only`;
}

/** The faults of all files under `root`/src, a line each. */
export function check(root: string): string[] {
  if (!existsSync(path.join(root, "src"))) return [];
  const lines: string[] = [];
  for (const file of globSync("src/**/*.ts", { cwd: root }).sort()) {
    for (const one of importsOf(readFileSync(path.join(root, file), "utf8"))) {
      const reason = fault(file, one);
      if (reason !== undefined) lines.push(`${file} imports ${one.specifier}: ${reason}`);
    }
  }
  return lines;
}

if (import.meta.main) {
  const lines = check(path.join(import.meta.dirname, ".."));
  for (const line of lines) console.log(line);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
