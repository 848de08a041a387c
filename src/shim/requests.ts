import { isAbsolute } from "node:path";
import { Failure } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { isId } from "../base/ids.ts";
import type { AdoptRequest, Held, LaunchRequest, ProcessKey } from "./protocol.ts";

const lastPid = 4194304;
const lastFd = 2 ** 30;

export function processKey(fields: Fields): ProcessKey {
  return { container: id(fields, "container"), process: id(fields, "process") };
}

export function launchRequest(fields: Fields): LaunchRequest {
  const { bundle, runtime } = { bundle: fields.string("bundle"), runtime: fields.string("runtime") };
  return { ...processKey(fields), bundle, runtime, directory: directory(fields) };
}

export function adoptRequest(fields: Fields): AdoptRequest {
  return {
    ...processKey(fields),
    directory: directory(fields),
    pid: pid(fields, "pid"),
    startTime: String(fields.bigint("startTime")),
    daemonPid: pid(fields, "daemonPid"),
    held: held(fields.fields("held")),
  };
}

export function pid(fields: Fields, name: string): number {
  return fields.integer(name, 1, lastPid);
}

function held(fields: Fields): Held {
  const names = ["terminal", "stdin", "stdinWriter", "stdout"] as const;
  return Object.fromEntries(
    names.filter((name) => fields.has(name)).map((name) => [name, fields.integer(name, 0, lastFd)]),
  );
}

function id(fields: Fields, name: string): string {
  const value = fields.string(name);
  if (isId(value)) return value;
  throw new Failure("INVALID_ARGUMENT", `shim error: ${JSON.stringify(value)} is no ${name}'s name`);
}

function directory(fields: Fields): string {
  const value = fields.string("directory");
  if (isAbsolute(value)) return value;
  throw new Failure("INVALID_ARGUMENT", `shim error: directory ${JSON.stringify(value)} is not absolute`);
}
