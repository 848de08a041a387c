import type { Figure } from "../figures.ts";
import { freshIds } from "../rounds.ts";
import { Ours } from "../subjects/ours.ts";

/** A daemon with crun, which starts containers in the least time. */
export const subjectName = "containerd-ts, crun";

export function openOurs(): Promise<Ours> {
  return Ours.open({ runtime: "crun" });
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
