import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { toStats } from "../convert/stats.ts";
import type { Unary } from "../service.ts";

export const stats =
  ({ supervisor }: Api): Unary<typeof API.method.stats> =>
  async ({ id }, signal) => {
    checkId("container id", id);
    return toStats(await supervisor.send({ kind: "stats", id }, signal));
  };
