import { seconds } from "../figures.ts";
import { cpuSeconds } from "../kernel.ts";
import type { Row } from "../row.ts";
import { figure, fillTo, openOurs } from "./ours-only.ts";

const calls = 2000;

export const stats: Row = {
  name: "stats",
  title: "Stats of one container",
  target: "< 1 ms of the daemon",
  measure: async () => {
    await using ours = await openOurs();
    const ids: string[] = [];
    await fillTo(ours, ids, 1);
    const id = ours.id(ids[0] ?? "");
    const before = cpuSeconds(ours.daemon.pid);
    const taken: number[] = [];
    for (let call = 0; call < calls; call += 1)
      taken.push((await seconds(() => ours.daemon.client.call("stats", { id }))) * 1000);
    const cpu = ((cpuSeconds(ours.daemon.pid) - before) / calls) * 1000;
    await ours.remove(ids);
    return {
      figures: [figure("the daemon's CPU", "ms", [cpu]), figure("round trip", "ms", taken)],
      notes: [],
    };
  },
};
