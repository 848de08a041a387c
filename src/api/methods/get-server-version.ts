import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import type { Unary } from "../service.ts";

/** The interface is containerd 0.2.9's: clients decide by these numbers what they may ask. What software it is, revision says. */
export const getServerVersion =
  ({ revision }: Api): Unary<typeof API.method.getServerVersion> =>
  async () => ({ major: 0, minor: 2, patch: 9, revision });
