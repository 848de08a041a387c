import { Rpc } from "../../client/raw.ts";
import type { Invocation } from "../lazy.ts";
import { messageJson } from "../output/json.ts";

/** `ctr state`: JSON, as 0.2.x prints it. */
export async function state({ globals, words: [id = ""] }: Invocation): Promise<void> {
  const rpc = new Rpc({ address: globals.address, connectTimeout: globals.connTimeout });
  console.log(messageJson("StateResponse", await rpc.unary("state", { id })));
}
