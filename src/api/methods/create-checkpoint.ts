import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { fromCheckpoint } from "../convert/checkpoint.ts";
import type { Unary } from "../service.ts";
import { checkPath } from "../validate.ts";

export const createCheckpoint =
  ({ supervisor }: Api): Unary<typeof API.method.createCheckpoint> =>
  async ({ id, checkpoint, checkpointDir }, signal) => {
    checkId("container id", id);
    if (checkpoint === undefined || checkpoint.name === "") {
      throw new Failure("INVALID_ARGUMENT", "checkpoint name cannot be empty");
    }
    checkId("checkpoint name", checkpoint.name);
    checkPath("checkpointDir", checkpointDir);
    await supervisor.send(
      { kind: "create-checkpoint", id, dir: checkpointDir, checkpoint: fromCheckpoint(checkpoint) },
      signal,
    );
    return {};
  };
