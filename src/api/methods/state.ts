import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { toContainer } from "../convert/container.ts";
import type { Unary } from "../service.ts";

export const state =
  ({ supervisor }: Api): Unary<typeof API.method.state> =>
  async ({ id }, signal) => {
    if (id !== "") checkId("container id", id);
    const { containers, machine } = await supervisor.send(
      id === "" ? { kind: "state" } : { kind: "state", id },
      signal,
    );
    return { containers: containers.map(toContainer), machine };
  };
