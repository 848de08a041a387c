import { GoCommand } from "./command.ts";
import { addGlobals } from "./globals.ts";
import { addCheckpoints } from "./groups/checkpoints.ts";
import { addContainers } from "./groups/containers.ts";
import { addDaemon } from "./groups/daemon.ts";
import { addShort } from "./groups/short.ts";
import { version } from "./version.ts";

/** The groups that can be told by a line's first word; making the others' commands takes as long as a call. */
const groups: Readonly<Record<string, (program: GoCommand) => void>> = {
  version: addDaemon,
  state: addDaemon,
  events: addDaemon,
  containers: addContainers,
  checkpoints: addCheckpoints,
  run: addShort,
  exec: addShort,
  ps: addShort,
};

/** Every command; or, with a line that says which it will be, those of its group. What one does is in a file of its own. */
export function makeProgram(args: readonly string[] = []): GoCommand {
  const program = new GoCommand("ctr")
    .description("High performance container daemon cli")
    .version(`ctr version ${version}`, "-v, --version")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "ctr: ")) });
  addGlobals(program, { hidden: false });
  const group = groups[args[0] ?? ""];
  for (const add of group === undefined ? [addDaemon, addContainers, addCheckpoints, addShort] : [group])
    add(program);
  return program;
}
