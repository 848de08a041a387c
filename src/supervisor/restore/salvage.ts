import { mkdirSync, readlinkSync, statSync } from "node:fs";
import { messageOf } from "../../base/errors.ts";
import { RuntimeCli } from "../../runtime/cli/runtime-cli.ts";
import { Container } from "../../runtime/container.ts";
import { type ContainerRecord, writeContainerRecord } from "../../state/container-record.ts";
import { readIdentity } from "../../state/identity.ts";
import type { ContainerDir } from "../../state/layout.ts";
import { type ProcessRecord, readProcessRecord } from "../../state/process-record.ts";
import { randomInstance } from "../instance.ts";
import type { Restoring } from "./restoring.ts";
import { undamaged } from "./settle.ts";

const askMs = 10_000;

/** A container whose record had to be made anew. */
export interface Salvaged {
  readonly container: Container;
  /** Whether its runtime was found, so that it can be kept; else it is to be ended, and its end told. */
  readonly isWhole: boolean;
}

/**
 * Makes the record of a container anew whose own is damaged or gone, from what its init's files, its shim, the event log and the runtime
 * say. Only its labels are lost, and which runtime it had, where that was not the daemon's own.
 */
export async function salvage(restoring: Restoring, directory: ContainerDir, id: string): Promise<Salvaged> {
  const { settings, logger, survey, known, shims, bootId } = restoring;
  const init = readInit(directory);
  const pid = pidOf(restoring, directory, id);
  const runtimeArgs = init?.runtimeArgs ?? settings.runtimeArgs;
  const bundle = await askRuntime(restoring, directory, id, pid, runtimeArgs);
  const shim = known.of(id)[0]?.shim ?? shims.nameFor(id);
  const record: ContainerRecord = {
    ...{ id, bundle: bundle ?? "", labels: [], runtime: settings.runtime, runtimeArgs, shim },
    instance: survey.livingInstance(id) ?? randomInstance(),
    ...{ stdin: init?.stdin ?? "", stdout: init?.stdout ?? "", stderr: init?.stderr ?? "" },
    ...{ noPivotRoot: init?.noPivotRoot ?? false, created: madeAt(directory) },
    bootId: undamaged(restoring, () => readIdentity(directory.process("init")))?.bootId ?? bootId,
    ownPidNamespace: pid !== undefined && hasOwnPidNamespace(pid),
    cgroupsPath: "",
  };
  if (bundle !== undefined) write(restoring, directory, record);
  logger.error("a container's record was damaged, and was made anew", { id, kept: bundle !== undefined });
  return { container: new Container(record, directory), isWhole: bundle !== undefined };
}

function readInit(directory: ContainerDir): ProcessRecord | undefined {
  try {
    return readProcessRecord(directory.process("init"));
  } catch {
    return undefined;
  }
}

function pidOf(restoring: Restoring, directory: ContainerDir, id: string): number | undefined {
  const init = directory.process("init");
  const known = restoring.known.get(id, "init", init);
  if (known?.state === "running") return known.pid;
  const identity = undamaged(restoring, () => readIdentity(init));
  const lives =
    identity?.bootId === restoring.bootId &&
    restoring.sys.readProc(identity.pid)?.startTime === identity.startTime;
  return lives ? identity.pid : undefined;
}

/** @returns the bundle of the container that has this init; undefined where the runtime knows none such */
async function askRuntime(
  { execute, settings, logger }: Restoring,
  directory: ContainerDir,
  id: string,
  pid: number | undefined,
  args: readonly string[],
): Promise<string | undefined> {
  if (pid === undefined) return undefined;
  const { runtimeLog: log } = directory.process("init");
  try {
    const runtime = new RuntimeCli(execute, { path: settings.runtime, args, log });
    const state = await runtime.state(id, AbortSignal.timeout(askMs));
    return state?.pid === pid ? state.bundle : undefined;
  } catch (error) {
    logger.warn("the runtime did not say what it knows of a container", { id, error: messageOf(error) });
    return undefined;
  }
}

/** pid_namespaces(7): two processes are in the same one where these links say the same. */
function hasOwnPidNamespace(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync("/proc/self/ns/pid");
  } catch {
    return false;
  }
}

/** In ns since 1970; now where there is no directory. */
function madeAt(directory: ContainerDir): bigint {
  const stat = statSync(directory.path, { bigint: true, throwIfNoEntry: false });
  return stat?.birthtimeNs ?? BigInt(Date.now()) * 1_000_000n;
}

function write({ logger }: Restoring, directory: ContainerDir, record: ContainerRecord): void {
  try {
    mkdirSync(directory.path, { recursive: true, mode: 0o711 });
    writeContainerRecord(directory, record);
  } catch (error) {
    logger.error("could not write a container's record anew", { id: record.id, error: messageOf(error) });
  }
}
