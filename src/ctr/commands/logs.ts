import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkId } from "../../base/ids.ts";
import { readLog } from "../../base/log-reader.ts";
import type { LogRecord } from "../../base/log-record.ts";
import { NotFound } from "../../client/errors.ts";
import { findBundle } from "../bundles.ts";
import { clientOf } from "../client.ts";
import { UsageError } from "../failure.ts";
import type { Globals } from "../globals.ts";
import type { Invocation } from "../lazy.ts";

/** How often a followed file is looked at, in milliseconds: inotify is not told of writes through a descriptor on every file system. */
const interval = 100;

interface Options {
  readonly follow?: true;
  /** RFC 3339 with nine decimals, as in the records. */
  readonly since?: string;
  readonly tail?: number;
  readonly timestamps?: true;
  /** Where the daemon need not be asked. */
  readonly logDir?: string;
}

/** `ctr logs ID`: the output of a container that is logged (--log-driver file), or that `ctr run --detach` started. */
export async function logs({ globals, options, words: [id = ""] }: Invocation<Options>): Promise<void> {
  checkId("container id", id);
  const until = (): Promise<void> | undefined => (options.follow ? ended(globals, id) : undefined);
  const plain = findBundle(id)?.log;
  if (plain !== undefined && existsSync(plain)) {
    if (options.since !== undefined || options.timestamps)
      throw new UsageError(
        `the output of ${id} has no times: \`ctr run --detach --log-driver file\` keeps them`,
      );
    await showFile(plain, options.tail, until());
    return;
  }
  const show = ({ stream, time, log }: LogRecord): void => {
    const to = stream === "stdout" ? process.stdout : process.stderr;
    to.write(options.timestamps ? `${time} ${log}` : log);
  };
  if (options.logDir === undefined) {
    const { follow, since, tail } = options;
    for await (const record of clientOf(globals).containers.byId(id).logs({ follow, since, tail }))
      show(record);
    return;
  }
  const path = join(options.logDir, id, "output.log");
  if (!existsSync(path)) {
    throw new Error(
      `no log of ${id} in ${options.logDir}: the daemon keeps one with --log-driver file, or of a container with the label containerd-ts.log-driver=file`,
    );
  }
  const end = until();
  for await (const record of readLog(path, { ...options, ...(end === undefined ? {} : { until: end }) }))
    show(record);
}

/** Resolves when the container has ended, or is not there. */
async function ended(globals: Globals, id: string): Promise<void> {
  try {
    await clientOf(globals).containers.byId(id).wait();
  } catch (error) {
    if (!(error instanceof NotFound)) process.stderr.write(`ctr: ${(error as Error).message}\n`);
  }
}

/** Bytes as the container wrote them. */
async function showFile(path: string, tail: number | undefined, until?: Promise<void>): Promise<void> {
  let over = until === undefined;
  void until?.then(() => {
    over = true;
  });
  const fd = openSync(path, "r");
  try {
    let at = tail === undefined ? 0 : startOfTail(readFileSync(path), tail);
    for (;;) {
      // Looked at before the reading: what was written until the end is read after it.
      const last = over;
      at = copy(fd, at);
      if (last) return;
      await sleep(interval);
    }
  } finally {
    closeSync(fd);
  }
}

/** Where the last so many lines begin; an unfinished one counts. */
function startOfTail(bytes: Buffer, lines: number): number {
  if (lines === 0) return bytes.length;
  let at = bytes.length - 1;
  for (let left = lines; left > 0; left -= 1) {
    if (at <= 0) return 0;
    at = bytes.lastIndexOf(0x0a, at - 1);
    if (at === -1) return 0;
  }
  return at + 1;
}

/** @returns how far it has got */
function copy(fd: number, from: number): number {
  const buffer = Buffer.allocUnsafe(65_536);
  let at = from;
  for (;;) {
    const read = readSync(fd, buffer, 0, buffer.length, at);
    if (read === 0) return at;
    process.stdout.write(Buffer.from(buffer.subarray(0, read)));
    at += read;
  }
}
