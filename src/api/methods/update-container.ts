import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { fromResources } from "../convert/resources.ts";
import type { Unary } from "../service.ts";

/** Pauses, resumes, or changes limits: a request with a status does nothing about its resources. */
export const updateContainer =
  ({ supervisor }: Api): Unary<typeof API.method.updateContainer> =>
  async ({ id, status, resources }, signal) => {
    checkId("container id", id);
    if (status === "running") await supervisor.send({ kind: "resume", id }, signal);
    else if (status === "paused") await supervisor.send({ kind: "pause", id }, signal);
    else if (status !== "") {
      throw new Failure("INVALID_ARGUMENT", `containerd: unknown container status ${status}`);
    } else if (resources !== undefined) {
      await supervisor.send({ kind: "update", id, resources: fromResources(resources) }, signal);
    }
    return {};
  };
