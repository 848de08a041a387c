import type { GoCommand } from "../command.ts";
import { addGlobals, count, each } from "../globals.ts";
import { lazily } from "../lazy.ts";

/** `ctr containers …`: everything about single containers. */
export function addContainers(program: GoCommand): void {
  const group = addGlobals(
    program
      .command("containers")
      .aliases(["container", "c"])
      .description("interact with running containers")
      .enablePositionalOptions(),
    { hidden: true },
  );
  const add = (name: string, description: string, options?: { isDefault: boolean }) =>
    addGlobals(group.command(name, options).description(description), { hidden: true });

  add("list [id]", "list all running containers", { isDefault: true })
    .alias("ls")
    .option("-q, --quiet", "ids only")
    .action(lazily(async () => (await import("../commands/list.ts")).list));
  add("start <id> <bundle>", "start a container")
    .option("-c, --checkpoint <name>", "checkpoint to start the container from")
    .option("--checkpoint-dir <dir>", "path to checkpoint directory")
    .option("-a, --attach", "connect to the stdio of the container")
    .option("-l, --label <label>", "set labels for the container (may be given again)", each)
    .option("--no-pivot", "do not use pivot root")
    .option("-r, --runtime <runtime>", "name or path of the OCI runtime (default: the daemon's own)")
    .option("--runtime-args <arg>", "an argument for the runtime (may be given again)", each)
    .action(lazily(async () => (await import("../commands/start.ts")).start));
  add("exec [args...]", "exec another process in an existing container")
    .passThroughOptions()
    .requiredOption("--id <id>", "container id to add the process to")
    .option("--pid <name>", "process id for the new process (default: a fresh one)")
    .option("-a, --attach", "connect to the stdio of the process")
    .option("--cwd <dir>", "current working directory for the process (default: init's)")
    .option("-t, --tty", "create a terminal for the process")
    .option("-e, --env <NAME=value>", "environment variable, added to init's (may be given again)", each)
    .option("-u, --uid <uid>", "user id of the user for the process (default: init's)", count)
    .option("-g, --gid <gid>", "group id of the user for the process (default: init's)", count)
    .action(lazily(async () => (await import("../commands/exec.ts")).exec));
  add("kill <id>", "send a signal to a container or its processes")
    .option("-p, --pid <name>", "pid of the process to signal within the container", "init")
    .option("-s, --signal <signal>", "signal to send to the container: a name or a number", "15")
    .action(lazily(async () => (await import("../commands/kill.ts")).kill));
  add("pause <id>", "pause a container").action(
    lazily(async () => (await import("../commands/pause.ts")).pause),
  );
  add("resume <id>", "resume a paused container").action(
    lazily(async () => (await import("../commands/pause.ts")).resume),
  );
  add("state [id]", "get a raw dump of the containerd state").action(
    lazily(async () => (await import("../commands/state.ts")).state),
  );
  add("stats <id>", "get stats for running container").action(
    lazily(async () => (await import("../commands/stats.ts")).stats),
  );
  add("watch [id]", "print container events").action(
    lazily(async () => (await import("../commands/events.ts")).watch),
  );
  addUpdate(add("update <id>", "update a containers resources"));
}

function addUpdate(command: GoCommand): void {
  command
    .option("--memory-limit <bytes>", "memory that may be used")
    .option("--memory-reservation <bytes>", "memory that is left to it when memory is short")
    .option("--memory-swap <bytes>", "memory and swap together")
    .option("--kernel-limit <bytes>", "kernel memory")
    .option("--kernel-tcp-limit <bytes>", "kernel memory for TCP buffers")
    .option("--cpu-shares <n>", "share of the CPU against other containers")
    .option("--cpu-period <us>", "period of the quota, in microseconds")
    .option("--cpu-quota <us>", "CPU time in each period, in microseconds")
    .option("--cpuset-cpus <list>", "CPUs to run on, such as 0-2,7")
    .option("--cpuset-mems <list>", "memory nodes to use")
    .option("--blkio-weight <n>", "share of block IO, from 10 to 1000")
    .option("--pids-limit <n>", "processes and threads at once")
    .action(lazily(async () => (await import("../commands/update.ts")).update));
}
