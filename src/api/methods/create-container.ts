import path from "node:path";
import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { toContainer } from "../convert/container.ts";
import type { Unary } from "../service.ts";
import { checkPath, checkStrings } from "../validate.ts";

/** Creates and starts; answers when init runs. The answer has no pids, as 0.2.x's has none: State does. */
export const createContainer =
  ({ supervisor }: Api): Unary<typeof API.method.createContainer> =>
  async (request, signal) => {
    const { id, bundlePath: bundle, checkpoint, checkpointDir, stdin, stdout, stderr } = request;
    checkId("container id", id);
    if (bundle === "") throw new Failure("INVALID_ARGUMENT", "empty bundle path");
    for (const [name, value] of Object.entries({ stdin, stdout, stderr, checkpointDir }))
      checkPath(name, value);
    checkPath("bundle path", bundle);
    checkStrings("runtime", [request.runtime]);
    checkStrings("runtimeArgs", request.runtimeArgs);
    if (checkpoint !== "") checkId("checkpoint name", checkpoint);
    const container = await supervisor.send(
      {
        kind: "create",
        id,
        bundle,
        ...(checkpoint === ""
          ? {}
          : { checkpoint: { name: checkpoint, dir: checkpointDir || path.join(bundle, "checkpoints") } }),
        stdin,
        stdout,
        stderr,
        labels: request.labels,
        noPivotRoot: request.noPivotRoot,
        runtime: request.runtime,
        runtimeArgs: request.runtimeArgs,
      },
      signal,
    );
    return { container: { ...toContainer(container), pids: [] } };
  };
