import type { User } from "../../client/views.ts";
import { attach, attachedStdio } from "../attach.ts";
import { clientOf } from "../client.ts";
import { Exit, UsageError } from "../failure.ts";
import type { Invocation } from "../lazy.ts";

interface Options {
  readonly id: string;
  readonly pid?: string;
  readonly attach?: true;
  readonly cwd?: string;
  readonly tty?: true;
  readonly env?: string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** `ctr containers exec --id ID ARGS…` */
export async function exec({ globals, options, words }: Invocation<Options>): Promise<void> {
  if (words.length === 0) throw new UsageError("nothing to run: expected a program and its arguments");
  const process = await clientOf(globals)
    .containers.byId(options.id)
    .spawn(words, {
      name: options.pid,
      terminal: options.tty,
      cwd: options.cwd,
      env: environment(options.env),
      user: userOf(options),
      ...(options.attach ? attachedStdio : {}),
    });
  if (options.attach) throw new Exit(await attach(process));
}

/** A user is uid and gid together: who names one has 0 for the other, as in 0.2.x. */
function userOf({ uid, gid }: Options): User | undefined {
  return uid === undefined && gid === undefined ? undefined : { uid: uid ?? 0, gid: gid ?? 0 };
}

/** NAME=value sets a variable, NAME alone passes on ctr's own. */
export function environment(
  entries: readonly string[] | undefined,
): Record<string, string | undefined> | undefined {
  if (entries === undefined) return undefined;
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [entry, process.env[entry]] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
