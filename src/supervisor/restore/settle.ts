import { messageOf } from "../../base/errors.ts";
import type { Container } from "../../runtime/container.ts";
import type { Process } from "../../runtime/process.ts";
import { type ExitRecord, readExitRecord } from "../../state/exit-record.ts";
import { type Identity, readIdentity } from "../../state/identity.ts";
import { readStarted } from "../../state/started-record.ts";
import { identify } from "../identify.ts";
import { holdStdio } from "../launching.ts";
import { runtimeOf } from "../runtime-of.ts";
import type { KnownProcess } from "./known.ts";
import type { Restoring } from "./restoring.ts";

export type Teller = "shim" | "stdio" | "nobody";

const unknownStatus = 255;
const askMs = 10_000;

/**
 * Finds out how far a process is: afterwards its state says so.
 *
 * @returns who tells its end: its shim, or nobody; "stdio": nobody, though a shim has what is held of it; undefined where it was never
 * started
 */
export async function settle(
  restoring: Restoring,
  container: Container,
  process: Process,
): Promise<Teller | undefined> {
  let known = restoring.known.get(container.id, process.name, process.directory);
  if (known?.state === "launching") known = await restoring.known.abort(restoring, known);
  if (known !== undefined && (await fromShim(restoring, container, process, known)))
    return known.state === "running" && known.adopted === true ? "stdio" : "shim";
  return (await fromDisk(restoring, container, process)) ? "nobody" : undefined;
}

/** The shim knows best. */
async function fromShim(
  restoring: Restoring,
  container: Container,
  process: Process,
  known: KnownProcess,
): Promise<boolean> {
  if (known.state === "launching") return false;
  if (known.state === "ended") {
    process.end(known);
    return true;
  }
  process.started(known.pid, known.startTime);
  identify(restoring, container, process);
  const link = await restoring.shims.find(known.shim);
  if (link !== undefined) holdStdio(restoring, container, process, () => link.duplicate(known.held));
  return true;
}

/** No shim knows it: what is written down, and what is in /proc. */
async function fromDisk(restoring: Restoring, container: Container, process: Process): Promise<boolean> {
  const { bootId, logger } = restoring;
  const exit = undamaged(restoring, () => readExitRecord(process.directory));
  const identity = undamaged(restoring, () => readIdentity(process.directory));
  if (exit !== undefined) {
    process.end({ pid: identity?.pid ?? 0, ...exit });
    return true;
  }
  if (identity === undefined) return await withoutIdentity(restoring, container, process);
  if (identity.bootId !== bootId) {
    logger.warn("a process ended with the machine's last boot", named(container, process));
    endUnseen(restoring, process, identity.pid);
    return true;
  }
  process.started(identity.pid, identity.startTime);
  identify(restoring, container, process);
  return true;
}

/** It was never started, or the file that says which process it is has been damaged: then the runtime knows an init's pid. */
async function withoutIdentity(
  restoring: Restoring,
  container: Container,
  process: Process,
): Promise<boolean> {
  if (undamaged(restoring, () => readStarted(process.directory)) === undefined) return false;
  const pid = process.isInit ? await initOf(restoring, container) : undefined;
  const startTime = pid === undefined ? undefined : restoring.sys.readProc(pid)?.startTime;
  if (pid === undefined || startTime === undefined) {
    restoring.logger.warn("nobody knows which process it was", named(container, process));
    endUnseen(restoring, process, 0);
    return true;
  }
  process.started(pid, startTime);
  identify(restoring, container, process);
  return true;
}

async function initOf(restoring: Restoring, container: Container): Promise<number | undefined> {
  const limit = AbortSignal.timeout(askMs);
  try {
    const state = await runtimeOf(restoring, container).state(container.id, limit);
    return state?.status === "stopped" ? undefined : state?.pid;
  } catch (error) {
    restoring.logger.warn("the runtime did not say which process it was", { error: messageOf(error) });
    return undefined;
  }
}

function endUnseen({ clock }: Restoring, process: Process, pid: number): void {
  process.end({ pid, status: unknownStatus, at: clock.now() });
}

function named(container: Container, process: Process): { readonly id: string; readonly process: string } {
  return { id: container.id, process: process.name };
}

/** @returns undefined for a file that is not there or is damaged, which the log says */
export function undamaged<T extends ExitRecord | Identity | string>(
  { logger }: Pick<Restoring, "logger">,
  read: () => T | undefined,
): T | undefined {
  try {
    return read();
  } catch (error) {
    logger.error("a file of the state directory is damaged", { error: messageOf(error) });
    return undefined;
  }
}
