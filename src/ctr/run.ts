import { CommanderError } from "commander";
import { Exit, messageFor, UsageError } from "./failure.ts";
import { makeProgram } from "./program.ts";

/** Runs one command line to its end, and ends the program. */
export async function run(args: readonly string[]): Promise<void> {
  quietPipes();
  process.exitCode = await exitCodeOf(args);
  // What keeps the loop busy now is a stdin that nobody reads any more, or a stream of events.
  process.exit();
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  try {
    await makeProgram(args).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.exitCode;
    // Commander has written what there is to say: help and --version are no failure, anything else is a mistake in the line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const debug = args.includes("--debug") || args.includes("-debug");
    process.stderr.write(messageFor(error, debug));
    return error instanceof UsageError ? 2 : 1;
  }
}

/** `ctr events | head -1` ends like any program whose reader went away, without a word: 128 + SIGPIPE. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? 141 : 1);
    });
  }
}
