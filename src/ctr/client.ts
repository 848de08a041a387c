import { type Client, connect } from "../client/client.ts";
import type { Globals } from "./globals.ts";

/** The daemon that the command line names. */
export function clientOf({ address, connTimeout }: Globals): Client {
  return connect({ address, connectTimeout: connTimeout });
}
