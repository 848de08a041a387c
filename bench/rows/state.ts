import { type Figure, seconds } from "../figures.ts";
import type { Row } from "../row.ts";
import { figure, fillTo, openOurs } from "./ours-only.ts";

export const state: Row = {
  name: "state",
  title: "State of all containers, over the socket",
  target: "100: < 10 ms; 1,000: < 50 ms",
  measure: async (plan) => {
    await using ours = await openOurs();
    const ids: string[] = [];
    const figures: Figure[] = [];
    for (const count of [1, 100, 1000]) {
      await fillTo(ours, ids, count);
      const taken: number[] = [];
      for (let time = 0; time < 20; time += 1)
        taken.push((await seconds(() => ours.daemon.client.call("state", {}))) * 1000);
      figures.push(figure(`${count} containers`, "ms", taken));
      plan.say(`state, ${count} containers: ${Math.min(...taken).toFixed(1)} ms at best`);
    }
    await ours.remove(ids);
    return {
      figures,
      notes: ["The client, grpc-js in the benchmark's own process, decodes the answer within this time."],
    };
  },
};
