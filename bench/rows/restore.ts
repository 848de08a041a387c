import type { Row } from "../row.ts";
import { figure, fillTo, openOurs, succeed } from "./ours-only.ts";

const containers = 1000;

export const restore: Row = {
  name: "restore",
  title: "Start of a daemon that finds 1,000 running containers, to its first State",
  target: "< 1 s",
  measure: async (plan) => {
    await using ours = await openOurs();
    const ids: string[] = [];
    await fillTo(ours, ids, containers);
    const taken: number[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) {
      await ours.daemon.end("SIGKILL");
      taken.push(await succeed(ours, containers));
      plan.say(`restore: ${taken.at(-1)?.toFixed(2)} s`);
    }
    ours.listenAgain();
    await ours.remove(ids);
    return {
      figures: [figure("1,000 containers", "s", taken)],
      notes: ["The daemon is killed, not stopped."],
    };
  },
};
