import { GoCommand } from "./command.ts";
import { addGlobals } from "./globals.ts";
import { addCheckpoints } from "./groups/checkpoints.ts";
import { addContainers } from "./groups/containers.ts";
import { addDaemon } from "./groups/daemon.ts";
import { addShort } from "./groups/short.ts";
import { version } from "./version.ts";

/** Every command. What a command does is in a file of its own, which is loaded when it is run. */
export function makeProgram(): GoCommand {
  const program = new GoCommand("ctr")
    .description("High performance container daemon cli")
    .version(`ctr version ${version}`, "-v, --version")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "ctr: ")) })
    .showHelpAfterError("(see ctr --help)");
  addGlobals(program, { hidden: false });
  addDaemon(program);
  addContainers(program);
  addCheckpoints(program);
  addShort(program);
  return program;
}
