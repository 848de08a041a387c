import { ApiClient } from "../../test/harness/api-client.ts";
import { until } from "../../test/harness/until.ts";
import { type Figure, seconds } from "../figures.ts";
import { freshIds } from "../rounds.ts";
import { Ours } from "../subjects/ours.ts";

/** A daemon with crun, which starts containers in the least time. */
export const subjectName = "containerd-ts, crun";

export function openOurs(): Promise<Ours> {
  return Ours.open({ runtime: "crun" });
}

/**
 * Starts the daemon's successor. @returns the seconds until it answered State with so many running containers
 */
export async function succeed({ daemon }: Ours, count: number): Promise<number> {
  const launched = daemon.launch();
  const taken = await seconds(async () => {
    const running = await until("the successor answers", () => answered(daemon.socket), 120);
    if (running.length !== count) throw new Error(`${running.length} of ${count} containers run`);
  });
  await launched;
  return taken;
}

/** Each time a new connection: grpc-js waits a second before it tries an old one again. */
async function answered(socket: string): Promise<readonly string[] | undefined> {
  using client = new ApiClient(socket);
  try {
    const { containers } = await client.call("state", {});
    return containers.filter(({ status }) => status === "running").map(({ id }) => id);
  } catch {
    return undefined;
  }
}

/** Starts containers until there are `count`. */
export async function fillTo(ours: Ours, ids: string[], count: number): Promise<void> {
  const more = freshIds(Math.max(0, count - ids.length));
  await ours.start(more, 10);
  ids.push(...more);
}

export function figure(
  what: string,
  unit: string,
  values: readonly number[],
  better: Figure["better"] = "less",
): Figure {
  return { subject: subjectName, what, unit, better, values };
}
