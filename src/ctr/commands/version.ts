import { Rpc } from "../../client/raw.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";

/** `ctr version` */
export async function version({ globals }: Invocation): Promise<void> {
  const rpc = new Rpc({ address: globals.address, connectTimeout: globals.connTimeout });
  const { major, minor, patch, revision } = await rpc.unary("getServerVersion", {});
  const number = `${major}.${minor}.${patch}`;
  console.log(
    globals.json ? json({ version: number, revision }) : `daemon version ${number} commit: ${revision}`,
  );
}
