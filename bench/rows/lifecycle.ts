import { seconds } from "../figures.ts";
import { freshIds, interleaved } from "../rounds.ts";
import type { Row } from "../row.ts";

export const lifecycle: Row = {
  name: "lifecycle",
  title: "Whole lives of `true`, from the request to its exit event, 10 at a time",
  target: "≥ 0.9 of the bare loop",
  measure: async (plan) => ({
    figures: await interleaved(plan, [
      {
        ...{ what: `${plan.containers} containers`, unit: "/s", better: "more" },
        once: async (subject, count) => count / (await seconds(() => subject.lifecycle(freshIds(count), 10))),
      },
    ]),
    notes: [],
  }),
};
