import { Streams } from "../../gen/streams/v1/streams_pb.ts";
import type { Api } from "../api.ts";
import { addStreaming, type Registration } from "../service.ts";
import { logs } from "./logs.ts";

/** Registers every method of containerd_ts.streams.v1.Streams. */
export function addStreams(to: Registration, api: Api): void {
  addStreaming(to, Streams.method.logs, logs(api));
}
