// The calls as they are on the wire, for programs that want every field as it came: `ctr state` prints it so.
export type { Fields } from "../wire/codec.ts";
export { fieldsOf, isScalar } from "../wire/schema.ts";
export { Rpc, type RpcOptions } from "./rpc.ts";
