import { setTimeout as pause } from "node:timers/promises";
import { type Figure, seconds } from "../figures.ts";
import { descriptors, pss, threads } from "../kernel.ts";
import type { Row } from "../row.ts";
import type { Ours } from "../subjects/ours.ts";
import { inParallel } from "../subjects/subject.ts";
import { figure, fillTo, openOurs, succeed } from "./ours-only.ts";

const settle = 5000;

/** Many at once: nothing fails, nothing is lost, nothing is left behind (which the daemon's disposal proves). */
export const density: Row = {
  name: "density",
  title: "Many containers at once",
  target: "10,000: nothing fails, nothing is lost, nothing is left behind",
  onlyByName: true,
  measure: async (plan) => {
    const count = plan.density;
    await using ours = await openOurs();
    const figures: Figure[] = [];
    const add = (what: string, unit: string, value: number, better: Figure["better"] = "less"): void => {
      figures.push(figure(`${count} containers: ${what}`, unit, [value], better));
      plan.say(`density: ${what}: ${value.toPrecision(3)} ${unit}`);
    };
    const base = pss(ours.pids());
    const ids: string[] = [];
    add("starts", "/s", count / (await seconds(() => fillTo(ours, ids, count))), "more");
    await pause(settle);
    report(ours, base, count, add);
    add("State", "ms", (await seconds(() => stateOf(ours, count))) * 1000);
    const statsOfEach = inParallel(ids, 10, async (id) => {
      await ours.daemon.client.call("stats", { id: ours.id(id) });
    });
    add("Stats of each, 10 at a time", "s", await seconds(() => statsOfEach));
    await ours.daemon.end("SIGKILL");
    const back = await succeed(ours, count);
    add("killed daemon's successor, to its first State", "s", back);
    ours.listenAgain();
    add("ends", "/s", count / (await seconds(() => ours.remove(ids))), "more");
    return { figures, notes: [] };
  },
};

async function stateOf(ours: Ours, count: number): Promise<void> {
  const { containers } = await ours.daemon.client.call("state", {});
  const running = containers.filter(({ status }) => status === "running").length;
  if (running !== count) throw new Error(`${running} of ${count} containers run`);
}

function report(
  ours: Ours,
  base: number,
  count: number,
  add: (what: string, unit: string, value: number) => void,
): void {
  const pids = ours.pids();
  const sum = (of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0);
  const bytes = pss(pids);
  add("memory of daemon and shim", "MB", bytes / 1e6);
  add("memory for each", "kB", (bytes - base) / count / 1000);
  add("descriptors of daemon and shim", "", sum(descriptors));
  add("threads of daemon and shim", "", sum(threads));
}
