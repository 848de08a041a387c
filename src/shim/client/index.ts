export type { ExitPush, Held, LaunchRequest, ProcessKey } from "../protocol.ts";
export {
  type Adoption,
  type ConnectOptions,
  type Launched,
  ShimConnection,
  type ShimExit,
  type ShimProcess,
} from "./connection.ts";
