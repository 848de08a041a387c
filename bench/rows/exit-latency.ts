import { type Figure, quantile } from "../figures.ts";
import { freshIds } from "../rounds.ts";
import type { Row } from "../row.ts";
import { nameOfBare } from "../subjects/bare-loop.ts";

export const exitLatency: Row = {
  name: "exit-latency",
  title: "SIGKILL to the exit event in a client, one after the other",
  target: "p50: the runtime's own `delete` + 5 ms",
  measure: async (plan) => {
    const figures: Figure[] = [];
    for (const { open, share } of plan.choices) {
      await using subject = await open();
      const taken: number[] = [];
      for (let round = 1; round <= plan.rounds && subject.exits !== undefined; round += 1)
        taken.push(...(await subject.exits(freshIds(Math.round(plan.containers * share)))));
      if (taken.length === 0) continue;
      for (const part of [50, 99]) {
        figures.push({
          ...{ subject: subject.name, what: `p${part}`, unit: "ms", better: "less" },
          ...{ values: [quantile(taken, part / 100)], limit: nameOfBare(subject.runtime) },
        });
      }
      plan.say(`exit latency, ${subject.name}: p50 ${quantile(taken, 0.5).toFixed(1)} ms`);
    }
    return {
      figures,
      notes: ["The bare loop kills, reaps and runs one `delete --force`."],
    };
  },
};
