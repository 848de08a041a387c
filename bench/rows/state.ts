import { type Figure, seconds } from "../figures.ts";
import { cpuSeconds } from "../kernel.ts";
import type { Row } from "../row.ts";
import { figure, fillTo, openOurs } from "./ours-only.ts";

const times = 20;

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
      const before = cpuSeconds(ours.daemon.pid);
      for (let time = 0; time < times; time += 1)
        taken.push((await seconds(() => ours.daemon.client.call("state", {}))) * 1000);
      const cpu = ((cpuSeconds(ours.daemon.pid) - before) / times) * 1000;
      figures.push(figure(`${count} containers`, "ms", taken));
      figures.push(figure(`${count} containers: the daemon's CPU`, "ms", [cpu]));
      plan.say(`state, ${count} containers: ${Math.min(...taken).toFixed(1)} ms at best`);
    }
    await ours.remove(ids);
    return {
      figures,
      notes: ["The client, grpc-js in the benchmark's own process, decodes the answer within this time."],
    };
  },
};
