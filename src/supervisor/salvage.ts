import { readdirSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { isId } from "../base/ids.ts";
import { RuntimeCli } from "../runtime/cli/runtime-cli.ts";
import { readIdentity } from "../state/identity.ts";
import type { ContainerDir } from "../state/layout.ts";
import { readProcessRecord } from "../state/process-record.ts";
import type { Context } from "./context.ts";
import { openVerified } from "./launching.ts";
import type { Removal } from "./removal.ts";
import { endRuntimesOf } from "./stray.ts";

const deleteMs = 30_000;
const sigkill = 9;
const unknownStatus = 255;

/**
 * A container whose record cannot be read. Nothing of it may live on unseen: its processes, which their own files name, are ended, the
 * runtime forgets it, its exit is told, and the log says why.
 */
export async function salvage(
  context: Context & { readonly removal: Removal },
  directory: ContainerDir,
  id: string,
): Promise<void> {
  const { events, logger, removal, settings, execute } = context;
  const names = readdirSync(directory.path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && isId(entry.name) ? [entry.name] : [],
  );
  let wasStarted = false;
  for (const name of names) {
    await endRuntimesOf(context.sys, directory.process(name));
    if (end(context, directory, name)) wasStarted = true;
  }
  const runtime = new RuntimeCli(execute, {
    path: settings.runtime,
    args: runtimeArgs(context, directory),
    log: directory.process("init").runtimeLog,
  });
  await runtime.delete(id, { force: true }, AbortSignal.timeout(deleteMs)).catch((error: unknown) => {
    logger.debug("delete of a damaged container", { id, error: messageOf(error) });
  });
  logger.error("ended a container whose record could not be read", { id, wasStarted });
  if (wasStarted)
    events.append({ type: "exit", id, pid: "init", status: unknownStatus, instance: "" }, () =>
      removal.remove(directory.path),
    );
  else removal.remove(directory.path);
}

/** @returns whether the process had been started */
function end({ sys, bootId, logger }: Context, directory: ContainerDir, name: string): boolean {
  try {
    const identity = readIdentity(directory.process(name));
    if (identity === undefined) return false;
    const pidfd =
      identity.bootId === bootId ? openVerified(sys, identity.pid, identity.startTime) : undefined;
    if (pidfd === undefined) return true;
    sys.pidfdSendSignal(pidfd, sigkill);
    sys.close(pidfd);
    return true;
  } catch (error) {
    logger.error("could not end a process of a damaged container", {
      process: name,
      error: messageOf(error),
    });
    return false;
  }
}

/** The runtime's root, say, is among them; init's record has them too. */
function runtimeArgs({ settings }: Context, directory: ContainerDir): readonly string[] {
  try {
    return readProcessRecord(directory.process("init"))?.runtimeArgs ?? settings.runtimeArgs;
  } catch {
    return settings.runtimeArgs;
  }
}
