import { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { addStreaming, addUnary, type Registration } from "../service.ts";
import { addProcess } from "./add-process.ts";
import { createCheckpoint } from "./create-checkpoint.ts";
import { createContainer } from "./create-container.ts";
import { deleteCheckpoint } from "./delete-checkpoint.ts";
import { events } from "./events.ts";
import { getServerVersion } from "./get-server-version.ts";
import { listCheckpoint } from "./list-checkpoint.ts";
import { signal } from "./signal.ts";
import { state } from "./state.ts";
import { stats } from "./stats.ts";
import { updateContainer } from "./update-container.ts";
import { updateProcess } from "./update-process.ts";

/** Registers every method of types.API. */
export function addMethods(to: Registration, api: Api): void {
  const { method } = API;
  addUnary(to, method.getServerVersion, getServerVersion(api));
  addUnary(to, method.createContainer, createContainer(api));
  addUnary(to, method.updateContainer, updateContainer(api));
  addUnary(to, method.signal, signal(api));
  addUnary(to, method.updateProcess, updateProcess(api));
  addUnary(to, method.addProcess, addProcess(api));
  addUnary(to, method.createCheckpoint, createCheckpoint(api));
  addUnary(to, method.deleteCheckpoint, deleteCheckpoint(api));
  addUnary(to, method.listCheckpoint, listCheckpoint(api));
  addUnary(to, method.state, state(api));
  addUnary(to, method.stats, stats(api));
  addStreaming(to, method.events, events(api));
}
