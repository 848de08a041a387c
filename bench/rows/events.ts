import { ApiClient } from "../../test/harness/api-client.ts";
import { SeenEvents } from "../../test/harness/event-log.ts";
import { until } from "../../test/harness/until.ts";
import { seconds } from "../figures.ts";
import { cpuSeconds } from "../kernel.ts";
import type { Row } from "../row.ts";
import { figure, fillTo, openOurs } from "./ours-only.ts";

const subscribers = 100;
const execs = 200;

/** Each exec makes two events: its start and its exit. */
const each = execs * 2;

export const events: Row = {
  name: "events",
  title: `Events of ${execs} execs to ${subscribers} subscribers`,
  target: "each event to each subscriber",
  measure: async () => {
    await using ours = await openOurs();
    const ids: string[] = [];
    await fillTo(ours, ids, 1);
    using streams = new DisposableStack();
    const seen = Array.from({ length: subscribers }, () => {
      const client = streams.use(new ApiClient(ours.daemon.socket));
      return streams.use(new SeenEvents(client));
    });
    const before = cpuSeconds(ours.daemon.pid);
    const taken = await seconds(async () => {
      await ours.exec(ids[0] ?? "", execs, 10);
      await until("every subscriber has everything", () => seen.every(({ all }) => all.length >= each));
    });
    const cpu = cpuSeconds(ours.daemon.pid) - before;
    const replayed = await replay(ours.daemon.socket);
    await ours.remove(ids);
    return {
      figures: [
        figure("live: delivered", "/s", [(each * subscribers) / taken], "more"),
        figure("live: the daemon's CPU for each event delivered, execs included", "µs", [
          (cpu * 1e6) / each / subscribers,
        ]),
        figure("replay: delivered", "/s", [replayed], "more"),
      ],
      notes: [
        "All subscribers are grpc-js clients of the benchmark's one process, which is the slower side.",
      ],
    };
  },
};

/** All subscribers at once ask for what is stored. */
async function replay(socket: string): Promise<number> {
  using streams = new DisposableStack();
  const seen: SeenEvents[] = [];
  const taken = await seconds(async () => {
    for (let n = 0; n < subscribers; n += 1) {
      const client = streams.use(new ApiClient(socket));
      seen.push(streams.use(new SeenEvents(client, { timestamp: { seconds: 1n, nanos: 0 } })));
    }
    await until("everything is replayed", () => seen.every(({ all }) => all.length >= each));
  });
  return seen.reduce((sum, { all }) => sum + all.length, 0) / taken;
}
