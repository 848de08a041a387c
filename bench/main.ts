// npm run bench [-- ROW… --rounds N --containers N --density N --only TEXT --no-report]
import { parseArgs } from "node:util";
import type { Result } from "./figures.ts";
import { conditions } from "./machine.ts";
import { type Entry, writeReport } from "./report.ts";
import type { Row } from "./row.ts";
import { rows } from "./rows/all.ts";
import { choices } from "./subjects/all.ts";
import { printed } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    rounds: { type: "string", default: "3" },
    containers: { type: "string", default: "100" },
    density: { type: "string", default: "10000" },
    only: { type: "string", default: "" },
    report: { type: "boolean", default: true },
  },
});

const plan = {
  rounds: positive("--rounds", values.rounds),
  containers: positive("--containers", values.containers),
  density: positive("--density", values.density),
  choices: choices().filter(({ name }) => name.includes(values.only)),
  say: (text: string): void => console.error(`  ${text}`),
};

const entries: Entry[] = [];
for (const row of chosen(positionals)) {
  const at = conditions();
  const { name, title, target } = row;
  console.error(`${name} (${at.uptime})`);
  const measured: Result = { row: name, title, target, ...(await measure(row)) };
  console.log(printed(measured));
  entries.push({ ...measured, conditions: at });
  // after each row: what is measured is kept, whatever becomes of the next
  if (values.report) writeReport(entries);
}

/** @throws what went wrong first, not what its cleaning up ran into */
async function measure(row: Row): ReturnType<Row["measure"]> {
  try {
    return await row.measure(plan);
  } catch (error) {
    let first: unknown = error;
    while (first instanceof SuppressedError) first = first.suppressed;
    throw first;
  }
}

function chosen(names: readonly string[]): readonly Row[] {
  if (names.length === 0) return rows.filter((row) => row.onlyByName !== true);
  return names.map((name) => {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined)
      throw new Error(`no row ${name}: there are ${rows.map((each) => each.name).join(", ")}`);
    return row;
  });
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${flag} ${text}: a number from 1 on is needed`);
  return number;
}
