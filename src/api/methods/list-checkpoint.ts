import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import type { Unary } from "../service.ts";
import { checkPath } from "../validate.ts";

export const listCheckpoint =
  ({ supervisor }: Api): Unary<typeof API.method.listCheckpoint> =>
  async ({ id, checkpointDir }, signal) => {
    checkId("container id", id);
    checkPath("checkpointDir", checkpointDir);
    const checkpoints = await supervisor.send({ kind: "list-checkpoints", id, dir: checkpointDir }, signal);
    return { checkpoints: checkpoints.map(({ emptyNS, ...rest }) => ({ ...rest, emptyNS: [...emptyNS] })) };
  };
