import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import type { Unary } from "../service.ts";
import { checkSignal } from "../validate.ts";

export const signal =
  ({ supervisor }: Api): Unary<typeof API.method.signal> =>
  async ({ id, pid, signal }, abort) => {
    checkId("container id", id);
    checkId("process id", pid);
    checkSignal(signal);
    await supervisor.send({ kind: "signal", id, process: pid, signal }, abort);
    return {};
  };
