import { existsSync } from "node:fs";
import { join } from "node:path";
import { abortFailure } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import { readLog } from "../../base/log-reader.ts";
import { LogsResponseSchema, type Streams } from "../../gen/streams/v1/streams_pb.ts";
import type { Api, SupervisorPort } from "../api.ts";
import { encode, type Streaming } from "../service.ts";

const sinceForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** A log's records, which are there without their container too. */
export const logs = ({ supervisor, logDirectory }: Api): Streaming<typeof Streams.method.logs> =>
  async function* ({ id, follow, since, tail }, signal) {
    checkId("container id", id);
    if (since !== "" && !sinceForm.test(since)) {
      throw new Failure(
        "INVALID_ARGUMENT",
        `since must be like 2026-11-25T10:00:00.123456789Z, not ${JSON.stringify(since)}`,
      );
    }
    // Asked before the log is looked at: a container that ends meanwhile has written everything by then.
    const until = follow ? ended(supervisor, id, signal) : undefined;
    const path = join(logDirectory, id, "output.log");
    if (!existsSync(path)) {
      throw new Failure(
        "NOT_FOUND",
        `there is no log of ${id}: a container has one with --log-driver file, or the label containerd-ts.log-driver=file`,
      );
    }
    const records = readLog(path, {
      ...(since === "" ? {} : { since }),
      ...(tail === 0 ? {} : { tail: Math.max(0, tail) }),
      ...(until === undefined ? {} : { until }),
    });
    for await (const record of records) {
      if (signal.aborted) throw abortFailure(signal);
      yield encode(LogsResponseSchema, { records: [record] });
    }
    if (signal.aborted) throw abortFailure(signal);
  };

/** Resolves when the container has ended, is not there, or the signal aborts. */
async function ended(supervisor: SupervisorPort, id: string, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const subscription = supervisor.events.subscribe({ id, signal: AbortSignal.any([signal, over.signal]) });
  try {
    if (!(await isThere(supervisor, id, signal))) return;
    for await (const event of subscription) if (event.type === "exit" && event.pid === "init") return;
  } catch {
    // The subscription ends with the signal, or with a log that is lost.
  } finally {
    over.abort();
  }
}

async function isThere(supervisor: SupervisorPort, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await supervisor.send({ kind: "state", id }, signal)).containers.length > 0;
  } catch (error) {
    if (error instanceof Failure && error.code === "NOT_FOUND") return false;
    throw error;
  }
}
