import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import type { Unary } from "../service.ts";
import { checkPath } from "../validate.ts";

export const deleteCheckpoint =
  ({ supervisor }: Api): Unary<typeof API.method.deleteCheckpoint> =>
  async ({ id, name, checkpointDir }, signal) => {
    checkId("container id", id);
    if (name === "") throw new Failure("INVALID_ARGUMENT", "checkpoint name cannot be empty");
    checkId("checkpoint name", name);
    checkPath("checkpointDir", checkpointDir);
    await supervisor.send({ kind: "delete-checkpoint", id, dir: checkpointDir, name }, signal);
    return {};
  };
