import { messageOf } from "../base/errors.ts";
import { readText } from "../runtime/cgroup/read.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import { writeStarted } from "../state/started-record.ts";
import type { Context } from "./context.ts";

/**
 * Puts a process's start into the event log, and beside it, for the time when the log has dropped it. The end of a process is told only
 * after this.
 */
export function tellStart(
  { events, logger }: Pick<Context, "events" | "logger">,
  container: Container,
  process: Process,
): void {
  const { id, instance } = container.record;
  process.startTold = true;
  const what = process.isInit
    ? ({ type: "start-container", pid: "" } as const)
    : ({ type: "start-process", pid: process.name } as const);
  events.append({ ...what, id, status: 0, instance });
  const cgroups = process.isInit ? readText(`/proc/${process.pid}/cgroup`) : undefined;
  try {
    writeStarted(process.directory, cgroups ?? "");
  } catch (error) {
    // a full disk: at worst the start is told again, by a daemon that comes after the log has dropped it
    logger.warn("could not write that a start was told", {
      ...{ id, process: process.name, reason: messageOf(error) },
    });
  }
}
