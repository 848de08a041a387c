import type { GoCommand } from "../command.ts";
import { addGlobals } from "../globals.ts";
import { lazily } from "../lazy.ts";

/** Commands about the daemon as a whole. */
export function addDaemon(program: GoCommand): void {
  const add = (name: string, description: string) =>
    addGlobals(program.command(name).description(description), { hidden: true });

  add("version", "return the daemon version").action(
    lazily(async () => (await import("../commands/version.ts")).version),
  );
  add("state [id]", "get a raw dump of the containerd state").action(
    lazily(async () => (await import("../commands/state.ts")).state),
  );
  add("events", "receive events from the containerd daemon")
    .option("-t, --timestamp <time>", "get events from a specific time stamp in RFC3339Nano format")
    .option("--id <id>", "only this container's")
    .option("--stored", "end after the stored events (needs --timestamp)")
    .action(lazily(async () => (await import("../commands/events.ts")).events));
  add("completion", "print a completion script for a shell")
    .addArgument(program.createArgument("<shell>").choices(["bash", "zsh", "fish"]))
    .action(lazily(async () => (await import("../commands/completion.ts")).completion));
  addGlobals(program.command("complete [words...]", { hidden: true }), { hidden: true }).action(
    lazily(async () => (await import("../commands/completion.ts")).complete),
  );
}
