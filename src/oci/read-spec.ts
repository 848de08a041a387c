import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { fromErrno } from "../base/errno.ts";
import { errnoOf, Failure } from "../base/errors.ts";
import type { Spec } from "./spec.ts";

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4294967295));
const mapping = v.looseObject({ containerID: id, hostID: id, size: id });
const strings = v.array(v.string());
const capabilities = v.looseObject({
  bounding: v.optional(strings),
  effective: v.optional(strings),
  inheritable: v.optional(strings),
  permitted: v.optional(strings),
  ambient: v.optional(strings),
});

export const processSchema = v.looseObject({
  terminal: v.optional(v.boolean()),
  user: v.optional(
    v.looseObject({
      uid: v.optional(id, 0),
      gid: v.optional(id, 0),
      additionalGids: v.optional(v.array(id)),
    }),
    { uid: 0, gid: 0 },
  ),
  args: v.pipe(strings, v.minLength(1, "it needs at least the program's name")),
  env: v.optional(strings),
  cwd: v.pipe(
    v.string(),
    v.check((path) => isAbsolute(path), "it must be an absolute path"),
  ),
  capabilities: v.optional(capabilities),
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
  const text = await readFile(path, "utf8").catch(async (error: unknown) => {
    throw await explained(error, bundle, path);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Failure("INVALID_ARGUMENT", `${path} is not JSON: ${firstLine(error)}`, { cause: error });
  }
  const result = v.safeParse(specSchema, value);
  if (result.success) return result.output as Spec;
  throw new Failure("INVALID_ARGUMENT", `${path} is no OCI configuration: ${issueText(result.issues[0])}`);
}

async function explained(error: unknown, bundle: string, path: string): Promise<Failure> {
  if (errnoOf(error) !== "ENOENT") return fromErrno(error, `read ${path}`);
  const found = await stat(bundle).catch(() => undefined);
  if (found !== undefined) return fromErrno(error, `open ${path}`);
  return new Failure("NOT_FOUND", `no bundle at ${bundle}: no such file or directory`, { cause: error });
}

/** What the first thing wrong is, with the place that it is at: "process.args: …". */
export function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
