import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";

/** `ctr containers kill ID` */
export async function kill({
  globals,
  options,
  words: [id = ""],
}: Invocation<{ pid: string; signal: string }>): Promise<void> {
  await clientOf(globals).containers.byId(id).kill(options.signal, { process: options.pid });
}
