import { Rpc } from "../../client/raw.ts";
import type { Invocation } from "../lazy.ts";
import { messageJson } from "../output/json.ts";

/** `ctr containers stats ID`: JSON, as 0.2.x prints it. */
export async function stats({ globals, words: [id = ""] }: Invocation): Promise<void> {
  const rpc = new Rpc({ address: globals.address, connectTimeout: globals.connTimeout });
  console.log(messageJson("StatsResponse", await rpc.unary("stats", { id })));
}
