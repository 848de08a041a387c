import { constants } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { fromErrno } from "../base/errno.ts";
import { errnoOf, Failure, messageOf } from "../base/errors.ts";
import type { Spec } from "./spec.ts";

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4294967295));
const mapping = v.looseObject({ containerID: id, hostID: id, size: id });
const strings = v.array(v.string());
const sets = v.looseObject({
  bounding: v.optional(strings),
  effective: v.optional(strings),
  inheritable: v.optional(strings),
  permitted: v.optional(strings),
  ambient: v.optional(strings),
});
/** Before runtime-spec 1.0.0-rc5 there was one list for all sets: Docker up to 1.13 writes it. */
const oneList = v.pipe(
  strings,
  v.transform((list) => ({ bounding: list, effective: list, inheritable: list, permitted: list })),
);

const processSchema = v.looseObject({
  terminal: v.optional(v.boolean()),
  user: v.optional(
    v.looseObject({
      uid: v.optional(id, 0),
      gid: v.optional(id, 0),
      additionalGids: v.optional(v.array(id)),
    }),
    { uid: 0, gid: 0 },
  ),
  args: v.pipe(strings, v.minLength(1, "is empty: it needs at least the program's name")),
  env: v.optional(strings),
  cwd: v.pipe(
    v.string(),
    v.check((path) => isAbsolute(path), "must be an absolute path"),
  ),
  capabilities: v.optional(v.union([oneList, sets])),
  rlimits: v.optional(v.array(v.looseObject({ type: v.string(), soft: v.number(), hard: v.number() }))),
  noNewPrivileges: v.optional(v.boolean()),
  apparmorProfile: v.optional(v.string()),
  selinuxLabel: v.optional(v.string()),
  oomScoreAdj: v.optional(v.number()),
});

const specSchema = v.looseObject({
  process: processSchema,
  root: v.optional(v.looseObject({ path: v.string(), readonly: v.optional(v.boolean()) })),
  linux: v.optional(
    v.looseObject({
      namespaces: v.optional(v.array(v.looseObject({ type: v.string(), path: v.optional(v.string()) }))),
      uidMappings: v.optional(v.array(mapping)),
      gidMappings: v.optional(v.array(mapping)),
      cgroupsPath: v.optional(v.string()),
    }),
  ),
});

/**
 * Reads and checks a bundle's config.json.
 *
 * @param bundle absolute path of the bundle
 * @throws NOT_FOUND where the bundle or its config.json is missing, INVALID_ARGUMENT where it is no such file, each in a sentence
 */
export async function readSpec(bundle: string): Promise<Spec> {
  const path = join(bundle, "config.json");
  // O_NONBLOCK: a FIFO in its place must not hold one of the few threads for ever
  const flag = constants.O_RDONLY | constants.O_NONBLOCK;
  const text = await readFile(path, { encoding: "utf8", flag }).catch(async (error: unknown) => {
    throw await explained(error, bundle, path);
  });
  const result = v.safeParse(specSchema, parse(path, text));
  if (result.success) return result.output as Spec;
  // Go's programs write null for what is not there, and read it so
  const again = v.safeParse(specSchema, JSON.parse(text, withoutNulls));
  if (again.success) return again.output as Spec;
  throw new Failure("INVALID_ARGUMENT", `${path} is no OCI configuration: ${issueText(again.issues[0])}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // not its words, which have a piece of the file in them: there may be a password in it
    const place = /line \d+ column \d+/.exec(messageOf(error))?.[0];
    throw new Failure("INVALID_ARGUMENT", `${path} is not JSON${place === undefined ? "" : ` (${place})`}`);
  }
}

const withoutNulls = (_key: string, value: unknown): unknown => value ?? undefined;

async function explained(error: unknown, bundle: string, path: string): Promise<Failure> {
  if (errnoOf(error) !== "ENOENT") return fromErrno(error, `read ${path}`);
  const found = await stat(bundle).catch(() => undefined);
  if (found !== undefined) return fromErrno(error, `open ${path}`);
  return new Failure("NOT_FOUND", `no bundle at ${bundle}: no such file or directory`, { cause: error });
}

/** What the first thing wrong is, with the place that it is at: "process.cwd must be a string, not a list". */
function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (path === null) return "it must be an object";
  if (issue.input === undefined) return `${path} is missing`;
  // these have words of their own here; the library's for the others would show the value, which may be secret
  if (issue.type === "check" || issue.type === "min_length") return `${path} ${issue.message}`;
  const found = typeof issue.input === "number" ? String(issue.input) : kindOf(issue.input);
  return `${path} must be ${words[issue.type] ?? issue.type}, not ${found}`;
}

const wholeNumber = "a whole number from 0 to 4294967295";
const words: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  loose_object: "an object",
  union: "an object of lists of strings",
  integer: wholeNumber,
  min_value: wholeNumber,
  max_value: wholeNumber,
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
