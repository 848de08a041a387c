import { messageOf } from "../base/errors.ts";
import { linuxSys } from "../sys/linux.ts";
import { stderrLogger } from "./log.ts";
import { shimOptions } from "./options.ts";
import { runShim } from "./run.ts";

const log = stderrLogger();

async function main(): Promise<void> {
  const options = shimOptions(process.argv.slice(2), process.cwd());
  await runShim({ ...options, sys: linuxSys(), env: process.env, log });
}

main().catch((error: unknown) => {
  log.error(`containerd-shim: ${messageOf(error)}`);
  process.exitCode = 1;
});
