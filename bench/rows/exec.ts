import { seconds } from "../figures.ts";
import { freshIds, interleaved } from "../rounds.ts";
import type { Row } from "../row.ts";

export const exec: Row = {
  name: "exec",
  title: "Execs of `true` in a running container, from the request to the exit event, 10 at a time",
  target: "≥ 0.9 of the bare loop",
  measure: async (plan) => ({
    figures: await interleaved(plan, [
      {
        ...{ what: `${plan.containers} execs`, unit: "/s", better: "more" },
        once: async (subject, count) => {
          const [id = ""] = freshIds(1);
          await subject.start([id], 1);
          const taken = await seconds(() => subject.exec(id, count, 10));
          await subject.remove([id]);
          return count / taken;
        },
      },
    ]),
    notes: [
      "The bare loop runs `exec --detach`, which returns when the process runs; nobody waits for its end.",
    ],
  }),
};
