import { attach, attachedStdio } from "../attach.ts";
import { clientOf } from "../client.ts";
import { Exit, UsageError } from "../failure.ts";
import type { Invocation } from "../lazy.ts";
import { environment } from "./exec.ts";

interface Options {
  readonly detach?: true;
  readonly tty?: true;
  readonly env?: string[];
  readonly cwd?: string;
  readonly user?: string;
}

/** `ctr exec ID ARGS…`: attached, unless it is told otherwise. */
export async function shellExec({
  globals,
  options,
  words: [id = "", ...args],
}: Invocation<Options>): Promise<void> {
  if (args.length === 0) throw new UsageError("nothing to run: expected a program and its arguments");
  const process = await clientOf(globals)
    .containers.byId(id)
    .spawn(args, {
      terminal: options.tty,
      cwd: options.cwd,
      env: environment(options.env),
      user: options.user === undefined ? undefined : numericUser(options.user),
      ...(options.detach ? {} : attachedStdio),
    });
  if (!options.detach) throw new Exit(await attach(process));
}

/** The container's own names of users are not known here, only numbers. */
function numericUser(text: string): { uid: number; gid: number } {
  const [, uid, gid = "0"] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (uid === undefined) throw new UsageError(`bad user "${text}": expected uid or uid:gid`);
  return { uid: Number(uid), gid: Number(gid) };
}
