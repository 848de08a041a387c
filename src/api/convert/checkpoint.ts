import type { Checkpoint } from "../../gen/types/api_pb.ts";
import type { CheckpointInfo } from "../../runtime/checkpoint.ts";

/** The fields have one name on the wire and in a checkpoint's config.json. */
export function fromCheckpoint({ name, exit, tcp, unixSockets, shell, emptyNS }: Checkpoint): CheckpointInfo {
  return { name, exit, tcp, unixSockets, shell, emptyNS };
}
