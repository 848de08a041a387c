import type { GoCommand } from "../command.ts";
import { addGlobals, count, duration, each, moment } from "../globals.ts";
import { lazily } from "../lazy.ts";
import { addSpecOptions } from "../spec-options.ts";

/** Commands that 0.2.x does not have: from a root file system to a running container, and everyday work. */
export function addShort(program: GoCommand): void {
  const add = (name: string, description: string) =>
    addGlobals(program.command(name).description(description), { hidden: true });
  const rootfs = [
    "--rootfs <dir|tar>",
    "root file system: a directory, used as it is, or an archive, unpacked",
  ] as const;

  addSpecOptions(add("run <id> [args...]", "run a program in a new container").passThroughOptions())
    .requiredOption(...rootfs)
    .option("-d, --detach", "do not wait: print the id; the output goes to a file (ctr logs)")
    .addOption(
      program
        .createOption("--log-driver <driver>", "what keeps the output, with --detach")
        .choices(["file", "none"]),
    )
    .option("--rm", "remove the bundle when the container ends")
    .option("-l, --label <label>", "set labels for the container (may be given again)", each)
    .option("-r, --runtime <runtime>", "name or path of the OCI runtime (default: the daemon's own)")
    .action(lazily(async () => (await import("../commands/run.ts")).run));
  add("exec <id> [args...]", "run a program in a running container")
    .passThroughOptions()
    .option("-d, --detach", "do not wait")
    .option("-t, --tty", "create a terminal for the process")
    .option("-e, --env <NAME=value>", "environment variable, added to init's (may be given again)", each)
    .option("--cwd <dir>", "current working directory (default: init's)")
    .option("--user <uid[:gid]>", "who the program runs as (default: as init)")
    .action(lazily(async () => (await import("../commands/shell-exec.ts")).shellExec));
  add("ps [id]", "list containers, or the processes of one").action(
    lazily(async () => (await import("../commands/ps.ts")).ps),
  );
  add("top", "what containers use, live")
    .option("--interval <duration>", "between two readings", duration, 1000)
    .option("--once", "print one table and end")
    .action(lazily(async () => (await import("../commands/top.ts")).top));
  add("logs <id>", "the output of a container that is logged, or was run with --detach")
    .option("-f, --follow", "go on until the container ends")
    .option("--since <time>", "only from then on: RFC 3339, or how long ago, such as 10m", moment)
    .option("-n, --tail <lines>", "only so many of the last lines", count)
    .option("-t, --timestamps", "say when each line came")
    .option("--log-dir <dir>", "read it there, and do not ask the daemon for it")
    .action(lazily(async () => (await import("../commands/logs.ts")).logs));
  add("stop <id...>", "end containers: ask, then kill")
    .option("-t, --time <duration>", "how long they may take", grace, 10_000)
    .option("-s, --signal <signal>", "what they are asked with", "TERM")
    .action(lazily(async () => (await import("../commands/lifecycle.ts")).stop));
  add("wait <id...>", "wait for containers to end, and print their exit codes").action(
    lazily(async () => (await import("../commands/lifecycle.ts")).wait),
  );
  add("rm <id...>", "remove what `ctr run` left of containers")
    .option("-f, --force", "kill those that run")
    .action(lazily(async () => (await import("../commands/lifecycle.ts")).remove));
  add("prune", "remove what `ctr run` left of all containers that have ended").action(
    lazily(async () => (await import("../commands/lifecycle.ts")).prune),
  );
  addSpecOptions(add("spec [args...]", "print a config.json for a bundle").passThroughOptions()).action(
    lazily(async () => (await import("../commands/spec.ts")).spec),
  );
  addSpecOptions(add("bundle <dir> [args...]", "make a bundle for `containers start`").passThroughOptions())
    .requiredOption(...rootfs)
    .action(lazily(async () => (await import("../commands/spec.ts")).bundle));
}

/** Seconds, as elsewhere, or a duration: 10, 10s, 500ms. */
function grace(text: string): number {
  return /^\d+$/.test(text) ? count(text) * 1000 : duration(text);
}
