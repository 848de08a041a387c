// First of all: see there.
import "./on-sigusr1.ts";

import { writeSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import type { Daemon } from "./daemon.ts";
import { openLog } from "./log.ts";
import { onSigusr1 } from "./on-sigusr1.ts";
import { type Options, parseOptions, UsageError } from "./options.ts";
import { takeSystemdEnvironment } from "./systemd.ts";

const usageExit = 2;
const failureExit = 1;

async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    const parsed = parseOptions(argv);
    if ("text" in parsed) {
      process.stdout.write(parsed.text);
      return 0;
    }
    options = parsed;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(error);
    return usageExit;
  }
  return await run(options);
}

async function run(options: Options): Promise<number> {
  const log = openLog(options.level);
  let daemon: Daemon | undefined;
  onSigusr1(() => daemon?.dump());
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(failureExit); // asked twice: at once
      log.info("stopping: containers go on", { signal });
      stop.abort();
    });
  }
  process.on("unhandledRejection", (error) => {
    log.error("a failure that nobody handled", { error: messageOf(error), stack: stackOf(error) });
  });
  process.on("uncaughtException", (error) => {
    log.error("ends: an error that nobody handled", { error: messageOf(error), stack: stackOf(error) });
    log.flush();
    process.exit(failureExit);
  });
  try {
    // Loaded late: the listeners above are there a moment after the process is.
    const { startDaemon } = await import("./daemon.ts");
    const systemd = takeSystemdEnvironment(process.env, process.pid);
    daemon = await startDaemon({ options, log, systemd });
    if (!stop.signal.aborted) {
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
    }
    await daemon.close();
    return 0;
  } catch (error) {
    complain(error);
    log.debug("cannot start", { stack: stackOf(error) });
    return failureExit;
  } finally {
    log.flush();
  }
}

/** One line on stderr, whose reader may have gone. */
function complain(error: unknown): void {
  try {
    writeSync(2, `containerd: ${messageOf(error).replace(/\s*\n\s*/g, " ")}\n`);
  } catch {
    // There is nobody to tell.
  }
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined);

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    complain(error);
    process.exit(failureExit);
  },
);
