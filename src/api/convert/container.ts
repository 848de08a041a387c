import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ContainerSchema } from "../../gen/types/api_pb.ts";
import type { ContainerView } from "../../supervisor/task.ts";
import { toProcess } from "./process.ts";

export function toContainer(view: ContainerView): MessageInitShape<typeof ContainerSchema> {
  const { id, bundle, status, labels, runtime, pids, processes } = view;
  return {
    id,
    bundlePath: bundle,
    status,
    labels: [...labels],
    runtime,
    pids: [...pids],
    processes: processes.map(toProcess),
  };
}
