import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";

/** `ctr containers pause ID` */
export async function pause({ globals, words: [id = ""] }: Invocation): Promise<void> {
  await clientOf(globals).containers.byId(id).pause();
}

/** `ctr containers resume ID` */
export async function resume({ globals, words: [id = ""] }: Invocation): Promise<void> {
  await clientOf(globals).containers.byId(id).resume();
}
