import { createConnection, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { abortFailure } from "../../base/deadline.ts";
import { errnoOf, Failure, messageOf } from "../../base/errors.ts";
import { socketPath } from "../socket-path.ts";

/** A shim that was just started listens some tens of milliseconds later; asking costs next to nothing. */
const againAfter = 5;

/**
 * Connects to a shim's socket.
 *
 * @param awaited whether a shim is being started there: tries again until somebody listens, or the signal aborts
 * @throws NOT_FOUND where nobody listens; the signal's failure; UNAVAILABLE for anything else
 */
export async function connect(path: string, awaited: boolean, signal?: AbortSignal): Promise<Socket> {
  for (;;) {
    if (signal?.aborted === true) throw abortFailure(signal);
    try {
      return await once(path);
    } catch (error) {
      const nobody = ["ENOENT", "ECONNREFUSED", "ENOTDIR"].includes(errnoOf(error) ?? "");
      if (!nobody || !awaited) {
        const message = `connect to the shim at ${path}: ${messageOf(error)}`;
        throw new Failure(nobody ? "NOT_FOUND" : "UNAVAILABLE", message, { cause: error });
      }
    }
    // An abort is seen at the loop's start.
    await pause(againAfter, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

async function once(path: string): Promise<Socket> {
  using address = socketPath(path);
  const socket = createConnection(address.path);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
  });
  return socket;
}
