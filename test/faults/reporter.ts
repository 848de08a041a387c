import { cpus, release } from "node:os";

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly details?: { readonly type?: string };
  };
}

/** What the matrix's tests are called: "with runc, the daemon dies at create.logged, and its shim after it". */
const title = /^with (\w+), (.+)$/;

/** A reporter of node:test that writes the fault matrix as a table: docs/FAULTS.md is what one run printed. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const rows = new Map<string, Map<string, boolean>>();
  for await (const { type, data } of events) {
    const [, runtime, what] = title.exec(data.name ?? "") ?? [];
    if ((type !== "test:pass" && type !== "test:fail") || runtime === undefined || what === undefined)
      continue;
    const row = rows.get(what) ?? new Map<string, boolean>();
    row.set(runtime, type === "test:pass");
    rows.set(what, row);
  }
  const runtimes = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))];
  yield* head(rows, runtimes);
  for (const [what, row] of rows) {
    const marks = runtimes.map(
      (runtime) => ({ true: "holds", false: "**fails**", undefined: "" })[`${row.get(runtime)}`] ?? "",
    );
    yield `| ${what} | ${marks.join(" | ")} |\n`;
  }
}

function* head(
  rows: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
  runtimes: readonly string[],
): Generator<string> {
  const results = [...rows.values()].flatMap((row) => [...row.values()]);
  const held = results.filter((result) => result).length;
  yield "# The fault matrix\n\n";
  yield "Written by `npm run faults -- --write`. In each row a process is killed (SIGKILL, by a failpoint) at a named moment of a day's work:\n";
  yield "create, start, exec, pause, update, exits, delete. Afterwards what was acknowledged is there, ids are free or in use as they should be,\n";
  yield "exit codes are true, events are complete, ordered and single, and nothing is left behind.\n\n";
  yield `${held} of ${results.length} hold, on ${new Date().toISOString().slice(0, 10)}, Linux ${release()}, ${cpus().length} cores, cgroup v1.\n\n`;
  yield `| what happens | ${runtimes.join(" | ")} |\n|---|${runtimes.map(() => "---|").join("")}\n`;
}
