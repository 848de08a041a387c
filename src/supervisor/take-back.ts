import { within } from "../base/deadline.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import type { Context } from "./context.ts";
import { undoStart } from "./undo-start.ts";

const sigkill = 9;
/** A killed process ends at once, but for one that waits for its disk. */
const endMs = 10_000;

/**
 * Takes back a start that failed, or whose caller has gone away while it succeeded: ends the process, has the runtime forget an init's
 * container, and hears the end here, so that nobody is told of it. Never throws: the caller has a failure to tell already.
 */
export async function takeBack(context: Context, container: Container, process: Process): Promise<void> {
  if (process.state.kind === "running" && process.pidfd !== undefined) {
    try {
      context.sys.pidfdSendSignal(process.pidfd, sigkill);
    } catch {
      // it has ended by itself
    }
  }
  if (process.isInit) await undoStart(context, container);
  if (process.state.kind === "starting") return;
  await within(process.ended, endMs);
  if (process.state.kind === "ended") {
    context.shims.acknowledge(container, process.name, process.state.pid);
    return;
  }
  context.logger.error("a start was undone, but nobody told the end of its process", {
    ...{ id: container.id, process: process.name, pid: process.pid },
  });
  context.containers.removePid(process.pid);
}
