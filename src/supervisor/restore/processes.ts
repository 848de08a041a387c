import { readdirSync } from "node:fs";
import { messageOf } from "../../base/errors.ts";
import { isId } from "../../base/ids.ts";
import type { Container } from "../../runtime/container.ts";
import { Process } from "../../runtime/process.ts";
import { type ProcessRecord, readProcessRecord } from "../../state/process-record.ts";
import type { Restoring } from "./restoring.ts";

/** The processes of a container that its directory or its shim knows; its init is always among them. */
export function processesOf(restoring: Restoring, container: Container): Process[] {
  const names = new Set(["init", ...directoriesIn(container.directory.path)]);
  for (const { process } of restoring.known.of(container.id)) names.add(process);
  return [...names].map((name) => {
    const directory = container.directory.process(name);
    const record = readRecord(restoring, container, name) ?? unreadable(container, name);
    return new Process(name, directory, record, (fd) => restoring.sys.close(fd));
  });
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && isId(entry.name) ? [entry.name] : [],
    );
  } catch {
    // what only a shim knows has no directory
    return [];
  }
}

function readRecord({ logger }: Restoring, container: Container, name: string): ProcessRecord | undefined {
  try {
    return readProcessRecord(container.directory.process(name));
  } catch (error) {
    logger.error("a process's record is damaged", {
      ...{ id: container.id, process: name, error: messageOf(error) },
    });
    return undefined;
  }
}

/** What a process is shown as whose record cannot be read: it can still be signalled, and its end be told. */
function unreadable({ record }: Container, name: string): ProcessRecord {
  const isInit = name === "init";
  const { stdin, stdout, stderr } = isInit ? record : { stdin: "", stdout: "", stderr: "" };
  const { runtimeArgs, noPivotRoot } = record;
  return {
    ...{ user: { uid: 0, gid: 0 }, args: [], env: [], cwd: "/", terminal: false },
    ...{ exec: !isInit, stdin, stdout, stderr, runtimeArgs, noPivotRoot, rootUID: 0, rootGID: 0 },
  };
}
