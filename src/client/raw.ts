// The calls as they are on the wire, for programs that want every field as it came: `ctr state` prints it so.
export { API, EventSchema, StateResponseSchema, StatsResponseSchema } from "../gen/types/api_pb.ts";
export { Rpc, type RpcOptions } from "./rpc.ts";
