import type { GoCommand } from "../command.ts";
import { addGlobals, each } from "../globals.ts";
import { lazily } from "../lazy.ts";

/** `ctr checkpoints …` */
export function addCheckpoints(program: GoCommand): void {
  const group = addGlobals(
    program
      .command("checkpoints")
      .alias("checkpoint")
      .description("list all checkpoints")
      .enablePositionalOptions(),
    { hidden: true },
  );
  const add = (name: string, description: string, options?: { isDefault: boolean }) =>
    addGlobals(group.command(name, options).description(description), { hidden: true }).option(
      "--checkpoint-dir <dir>",
      "path to checkpoint directory (default: BUNDLE/checkpoints)",
    );

  add("list <id>", "list all checkpoints for a container", { isDefault: true })
    .alias("ls")
    .action(lazily(async () => (await import("../commands/checkpoints.ts")).list));
  add("create <id> <name>", "create a new checkpoint for the container")
    .option("--tcp", "persist open tcp connections")
    .option("--unix-sockets", "persist unix sockets")
    .option("--exit", "exit the container after the checkpoint completes successfully")
    .option("--shell", "checkpoint shell jobs")
    .option("--empty-ns <namespace>", "create a namespace, but don't restore its properties", each)
    .action(lazily(async () => (await import("../commands/checkpoints.ts")).create));
  add("delete <id> <name>", "delete a container's checkpoint")
    .alias("rm")
    .action(lazily(async () => (await import("../commands/checkpoints.ts")).remove));
}
