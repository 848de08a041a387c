import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import type { Unary } from "../service.ts";
import { checkTerminalSize } from "../validate.ts";

/** Closes stdin, then resizes where width or height is above 0. */
export const updateProcess =
  ({ supervisor }: Api): Unary<typeof API.method.updateProcess> =>
  async ({ id, pid, closeStdin, width, height }, signal) => {
    checkId("container id", id);
    checkId("process id", pid);
    checkTerminalSize(width, height);
    await supervisor.send({ kind: "update-process", id, process: pid, closeStdin, width, height }, signal);
    return {};
  };
