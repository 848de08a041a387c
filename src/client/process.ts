import type { Readable, Writable } from "node:stream";
import type { CallOptions } from "./call.ts";
import { abortable, type Exit, ExitWatch } from "./exit.ts";
import type { Feeds } from "./feed.ts";
import { FifoInput } from "./fifo-input.ts";
import { FifoOutput } from "./fifo-output.ts";
import { type Fifos, makeFifos, type StreamName } from "./fifos.ts";
import type { Rpc } from "./rpc.ts";
import { type Signal, signalNumber } from "./signals.ts";

/** What the parts of the SDK share. */
export interface Context {
  readonly rpc: Rpc;
  readonly feeds: Feeds;
  /** Where directories for FIFOs are made. */
  readonly stdioDirectory: string | undefined;
}

/**
 * One stream of a process: "pipe" makes it a Node stream here, "ignore" is /dev/null, a path is a FIFO or file of the caller's
 * on the daemon's host.
 */
export type Stdio = "pipe" | "ignore" | (string & {});

export interface StdioOptions {
  readonly stdin?: Stdio;
  readonly stdout?: Stdio;
  readonly stderr?: Stdio;
}

export interface Size {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

interface Streams {
  readonly stdin: FifoInput | undefined;
  readonly stdout: FifoOutput | undefined;
  readonly stderr: FifoOutput | undefined;
}

/** A process that this program started in a container, with its streams and its exit. */
export class ContainerProcess {
  /** The container's id. */
  readonly container: string;
  /** "init", or the name of an exec. */
  readonly name: string;
  /** Its pid on the daemon's host. */
  readonly pid: number;
  readonly terminal: boolean;
  /** Present where the stream was asked to be a "pipe". */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  /** Absent with a terminal, whose output is all on stdout. */
  readonly stderr: Readable | undefined;
  readonly #rpc: Rpc;
  readonly #exit: Promise<Exit>;

  /** @internal */
  constructor(rpc: Rpc, what: Launch, pid: number, streams: Streams, exit: Promise<Exit>) {
    this.#rpc = rpc;
    this.container = what.id;
    this.name = what.name;
    this.terminal = what.terminal;
    this.pid = pid;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#exit = exit;
  }

  /** Waits for the process's end; it is not ended by the signal. @throws Cancelled, Unavailable */
  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<Exit> {
    return await abortable(this.#exit, signal);
  }

  /** Sends a signal: SIGTERM unless given. @throws NotFound, InvalidArgument, … */
  async kill(signal: Signal = "SIGTERM", options: CallOptions = {}): Promise<void> {
    const request = { id: this.container, pid: this.name, signal: signalNumber(signal) };
    await this.#rpc.unary("signal", request, options);
  }

  /** Changes the size of its terminal. */
  async resize({ width, height }: Size, options: CallOptions = {}): Promise<void> {
    await this.#rpc.unary("updateProcess", { id: this.container, pid: this.name, width, height }, options);
  }
}

/** A process to be: `request` asks the daemon for it, with the paths of its streams, and answers its pid. */
export interface Launch {
  readonly id: string;
  readonly name: string;
  readonly terminal: boolean;
  readonly stdio: StdioOptions;
  readonly request: (paths: Record<StreamName, string>) => Promise<number>;
}

/** Makes the FIFOs, has the process started, and sees to the end of everything at its exit. */
export async function launch(
  { rpc, feeds, stdioDirectory }: Context,
  what: Launch,
): Promise<ContainerProcess> {
  const { id, name, terminal, stdio } = what;
  await using undo = new AsyncDisposableStack();
  const piped = (["stdin", "stdout", "stderr"] as const).filter(
    (stream) => stdio[stream] === "pipe" && !(terminal && stream === "stderr"),
  );
  const fifos = undo.use(await makeFifos(piped, stdioDirectory));
  const watch = undo.use(new ExitWatch(rpc, feeds, id, name, { running: false }));
  const closeStdin = async () => {
    // A process that has ended needs no end of its input.
    await rpc.unary("updateProcess", { id, pid: name, closeStdin: true }).catch(() => undefined);
  };
  const streams = openStreams(fifos, closeStdin);
  undo.defer(() => {
    for (const stream of [streams.stdin, streams.stdout, streams.stderr]) stream?.destroy();
  });
  await watch.opened;
  const path = (stream: StreamName): string =>
    fifos.paths[stream] ?? givenPath(stdio[stream], terminal, stream);
  const pid = await what.request({ stdin: path("stdin"), stdout: path("stdout"), stderr: path("stderr") });
  streams.stdin?.processRuns();
  undo.move();
  const exit = watch.exit.finally(async () => {
    streams.stdin?.destroy();
    for (const output of [streams.stdout, streams.stderr]) {
      if (terminal) output?.terminalExited();
      else output?.processExited();
    }
    await fifos[Symbol.asyncDispose]();
  });
  exit.catch(() => undefined);
  return new ContainerProcess(rpc, what, pid, streams, exit);
}

function openStreams({ paths }: Fifos, closeStdin: () => Promise<void>): Streams {
  return {
    stdin: paths.stdin === undefined ? undefined : new FifoInput(paths.stdin, closeStdin),
    stdout: paths.stdout === undefined ? undefined : new FifoOutput(paths.stdout),
    stderr: paths.stderr === undefined ? undefined : new FifoOutput(paths.stderr),
  };
}

function givenPath(stdio: Stdio | undefined, terminal: boolean, stream: StreamName): string {
  if (stdio === undefined || stdio === "ignore" || stdio === "pipe") return "";
  return terminal && stream === "stderr" ? "" : stdio;
}
