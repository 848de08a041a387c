import { seconds } from "../figures.ts";
import { freshIds, interleaved } from "../rounds.ts";
import type { Row } from "../row.ts";
import type { Subject } from "../subjects/subject.ts";

async function started(subject: Subject, count: number): Promise<number> {
  const ids = freshIds(count);
  const taken = await seconds(() => subject.start(ids, 10));
  await subject.remove(ids);
  return count / taken;
}

export const start: Row = {
  name: "start",
  title: "Starts of `sleep`, 10 at a time",
  target: "≥ 0.9 of the bare loop",
  measure: async (plan) => ({
    figures: await interleaved(plan, [
      { what: `${plan.containers} containers`, unit: "/s", better: "more", once: started },
      {
        ...{
          what: "1,000 containers",
          unit: "/s",
          better: "more",
          containers: 1000,
          rounds: 1,
          once: started,
        },
        takesPart: ({ name }) => /^(bare|containerd-ts, \w+$)/.test(name),
      },
    ]),
    notes: [],
  }),
};
