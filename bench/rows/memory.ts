import { setTimeout as pause } from "node:timers/promises";
import type { Figure } from "../figures.ts";
import { pss } from "../kernel.ts";
import { freshIds } from "../rounds.ts";
import type { Row } from "../row.ts";
import { figure, fillTo, openOurs } from "./ours-only.ts";

/** Time for a collection to come by, in milliseconds. */
const settle = 3000;
const peersContainers = 20;

export const memory: Row = {
  name: "memory",
  title: "Memory of daemon, shims and monitors (PSS)",
  target: "base < 150 MB; < 20 kB for each container on top",
  measure: async (plan) => {
    const figures: Figure[] = [];
    {
      await using ours = await openOurs();
      const ids: string[] = [];
      const sizes = new Map<number, number>();
      for (const count of [0, 1, 100, 1000]) {
        await fillTo(ours, ids, count);
        await pause(settle);
        const bytes = pss(ours.pids());
        sizes.set(count, bytes);
        figures.push(figure(`${count} containers`, "MB", [bytes / 1e6]));
        plan.say(`memory, ${count} containers: ${(bytes / 1e6).toFixed(1)} MB`);
      }
      const each = ((sizes.get(1000) ?? 0) - (sizes.get(100) ?? 0)) / 900;
      figures.push(figure("each container, between 100 and 1,000", "kB", [each / 1000]));
      await ours.remove(ids);
    }
    for (const { name, open } of plan.choices.filter((choice) =>
      /^(podman|containerd 1)|shim each/.test(choice.name),
    )) {
      await using peer = await open();
      const before = pss(peer.pids());
      const ids = freshIds(peersContainers);
      await peer.start(ids, 4);
      await pause(settle);
      const after = pss(peer.pids());
      const what = `each container, between 0 and ${peersContainers}`;
      figures.push({ ...figure(what, "kB", [(after - before) / peersContainers / 1000]), subject: name });
      plan.say(`memory, ${name}: ${((after - before) / peersContainers / 1000).toFixed(0)} kB each`);
      await peer.remove(ids);
    }
    return { figures, notes: [] };
  },
};
