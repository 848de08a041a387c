import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Exit } from "./exit.ts";
import type { ContainerProcess } from "./process.ts";

/** What a process wrote, and how it ended. */
export interface ExecResult<Output = string> extends Exit {
  readonly args: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  /** In milliseconds, from the call to the process's exit. */
  readonly duration: number;
}

/** A process that did not end with 0, or was made to end; with all that is known of it. */
export class ExecError extends Error {
  override readonly name = "ExecError";
  readonly result: ExecResult<string | Buffer>;
  /** It was killed because its time was over. */
  readonly timedOut: boolean;
  /** It was killed because the caller's signal was aborted. */
  readonly cancelled: boolean;

  constructor(result: ExecResult<string | Buffer>, reason: Reason | undefined) {
    const { args, exitCode, signal, stderr } = result;
    const how =
      reason?.text ?? (signal === undefined ? `exit code ${exitCode}` : `exit code ${exitCode} (${signal})`);
    const said = stderr.toString().trim();
    super(`${args.join(" ")}: ${how}${said === "" ? "" : `\n${said}`}`, { cause: reason?.cause });
    this.result = result;
    this.timedOut = reason?.kind === "timeout";
    this.cancelled = reason?.kind === "signal";
  }
}

interface Reason {
  readonly kind: "timeout" | "signal" | "output";
  readonly text: string;
  readonly cause?: unknown;
}

/** What may end a process before it ends itself. */
export interface Limits {
  /** In milliseconds; then the process gets SIGKILL. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How much of each output is kept, in bytes; one that writes more gets SIGKILL. */
  readonly maxBuffer: number;
}

/** A name for an exec that nobody else has. */
export function freshName(): string {
  return `exec-${randomBytes(8).toString("hex")}`;
}

/** Reads a process's output to its end, under limits. */
export async function collect(
  process: ContainerProcess,
  args: readonly string[],
  input: string | Uint8Array | Readable | undefined,
  { timeout, signal, maxBuffer }: Limits,
): Promise<{ result: ExecResult<Buffer>; reason: Reason | undefined }> {
  const begun = performance.now();
  let reason: Reason | undefined;
  const end = (why: Reason) => {
    if (reason !== undefined) return;
    reason = why;
    // It may be gone already; whether it is, its exit tells.
    process.kill("SIGKILL").catch(() => undefined);
  };
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => end({ kind: "timeout", text: `killed after ${timeout} ms` }), timeout);
  const abort = () => end({ kind: "signal", text: "killed: the caller gave up", cause: signal?.reason });
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const tooMuch = () => end({ kind: "output", text: `killed: it wrote more than ${maxBuffer} bytes` });
  try {
    feed(process, input);
    const [exit, stdout, stderr] = await Promise.all([
      process.wait(),
      read(process.stdout, maxBuffer, tooMuch),
      read(process.stderr, maxBuffer, tooMuch),
    ]);
    return { result: { ...exit, args, stdout, stderr, duration: performance.now() - begun }, reason };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function feed({ stdin }: ContainerProcess, input: string | Uint8Array | Readable | undefined): void {
  if (stdin === undefined) return;
  if (input instanceof Readable) void pipeline(input, stdin).catch(() => undefined);
  else stdin.end(input);
}

async function read(stream: Readable | undefined, limit: number, tooMuch: () => void): Promise<Buffer> {
  if (stream === undefined) return Buffer.alloc(0);
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (length >= limit) continue;
    pieces.push(length + piece.length > limit ? piece.subarray(0, limit - length) : piece);
    length += piece.length;
    if (length > limit) tooMuch();
  }
  return Buffer.concat(pieces);
}
