import { join } from "node:path";
import { type Figure, seconds } from "../figures.ts";
import type { Row } from "../row.ts";
import { runProgram } from "../subjects/programs.ts";
import { figure, openOurs } from "./ours-only.ts";

const times = 20;
const ctr = join(import.meta.dirname, "../../bin/ctr");

export const ctrVersion: Row = {
  name: "ctr-version",
  title: "`ctr version`, from the shell's point of view",
  target: "≤ 2 × `node -e 0`",
  measure: async () => {
    await using ours = await openOurs();
    const bare: number[] = [];
    const own: number[] = [];
    for (let time = 0; time < times; time += 1) {
      bare.push((await seconds(() => runProgram([process.execPath, "-e", "0"]))) * 1000);
      own.push(
        (await seconds(() => runProgram([ctr, "--address", `unix://${ours.daemon.socket}`, "version"]))) *
          1000,
      );
    }
    const figures: Figure[] = [
      { ...figure("wall", "ms", bare), subject: "node -e 0" },
      { ...figure("wall", "ms", own), subject: "ctr version", limit: "node -e 0" },
    ];
    return { figures, notes: [] };
  },
};
