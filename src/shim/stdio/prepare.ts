import { readSync } from "node:fs";
import { withTimeout } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { ProcessDir } from "../../state/layout.ts";
import type { ProcessRecord } from "../../state/process-record.ts";
import type { Fd, Sys } from "../../sys/sys.ts";
import { type PreparedLog, prepareLog } from "../logs/prepare-log.ts";
import { socketPath } from "../socket-path.ts";
import { openInput, openOutput } from "./open.ts";
import { Pipes } from "./pipes.ts";
import type { Polls } from "./polls.ts";
import type { ProcessStdio } from "./process-stdio.ts";
import { Terminal } from "./terminal.ts";

export interface StdioNeeds {
  readonly sys: Sys;
  readonly polls: Polls;
  readonly log: Logger;
}

/** Everything opened for one launch. Disposing closes what was not handed over. */
export interface Prepared extends Disposable {
  /** The runtime's own. */
  readonly stdin: Fd;
  readonly stdout: Fd;
  readonly stderr: Fd;
  /** Where the runtime sends the terminal. */
  readonly consoleSocket?: string;
  /** The runtime has its descriptors: the shim's copies of them go, so that readers see the end when the process does. */
  spawned(): void;
  /** What the runtime said on a stderr that is not the container's. */
  said(): string;
  /** The runtime has done its work. @throws "shim error: …" where it sent no terminal */
  take(): Promise<ProcessStdio>;
}

/** A runtime has sent its terminal by the time that it ends; the message only has to be picked up. */
const terminalWithin = 5000;
const saidLimit = 64 << 10;

export function prepareStdio(needs: StdioNeeds, record: ProcessRecord, directory: string): Prepared {
  const prepare = record.terminal === true ? terminal : pipes;
  if (record.log === undefined) return prepare(needs, record, directory);
  using undo = new DisposableStack();
  const log = undo.use(prepareLog(needs, record, new ProcessDir(directory), record.log));
  const prepared = prepare(needs, { ...record, ...log.paths }, directory);
  undo.move();
  return logged(prepared, log);
}

/** What is written to the log's FIFOs is read from before the process runs. */
function logged(prepared: Prepared, log: PreparedLog): Prepared {
  return {
    ...prepared,
    take: async () => log.take(await prepared.take()),
    [Symbol.dispose]: () => {
      prepared[Symbol.dispose]();
      log[Symbol.dispose]();
    },
  };
}

/** Closes what it has been given, unless it was moved away. */
function closing(sys: Pick<Sys, "close">, stack: DisposableStack): (fd: Fd) => Fd {
  return (fd) => stack.adopt(fd, (open) => sys.close(open));
}

function pipes({ sys }: StdioNeeds, record: ProcessRecord): Prepared {
  using child = new DisposableStack();
  using kept = new DisposableStack();
  const childs = closing(sys, child);
  const owner = { uid: record.rootUID, gid: record.rootGID };
  const stdin = openInput(sys, record.stdin, owner);
  childs(stdin.fd);
  const writer = stdin.type === "fifo" ? closing(sys, kept)(openWriter(sys, stdin.fd)) : undefined;
  const stdout = childs(openOutput(sys, "stdout", record.stdout, owner).fd);
  const stderr = childs(openOutput(sys, "stderr", record.stderr, owner).fd);
  const [forChild, forShim] = [child.move(), kept.move()];
  return {
    ...{ stdin: stdin.fd, stdout, stderr },
    spawned: () => forChild.dispose(),
    said: () => "",
    take: () => {
      forShim.move();
      return Promise.resolve(new Pipes(sys, writer));
    },
    [Symbol.dispose]: () => {
      forChild.dispose();
      forShim.dispose();
    },
  };
}

/** The runtime gets none of the FIFOs, and what it says on stderr is its own. */
function terminal({ sys, polls }: StdioNeeds, record: ProcessRecord, directory: string): Prepared {
  using opening = new DisposableStack();
  using copied = new DisposableStack();
  const ours = closing(sys, opening);
  const root = { uid: 0, gid: 0 };
  const nothing = ours(sys.openNull());
  const stderr = ours(sys.memfd("stderr"));
  const address = opening.use(socketPath(`${directory}/console.sock`));
  const listener = opening.use(sys.listenConsole(address.path));
  const kept = closing(sys, copied);
  const stdout = kept(openOutput(sys, "stdout", record.stdout, root).fd);
  const input = record.stdin === "" ? {} : terminalInput(sys, kept, record.stdin);
  const [forLaunch, forTerminal] = [opening.move(), copied.move()];
  return {
    ...{ stdin: nothing, stdout: nothing, stderr, consoleSocket: address.pathForOthers },
    spawned: () => {},
    said: () => readStart(stderr),
    take: async () => {
      const master = await receive(listener);
      forTerminal.move();
      const taken = new Terminal(sys, polls, { terminal: master, stdout, ...input });
      const { width, height } = record.consoleSize ?? { width: 0, height: 0 };
      if (width > 0 && height > 0) taken.resize(width, height);
      return taken;
    },
    [Symbol.dispose]: () => {
      forLaunch.dispose();
      forTerminal.dispose();
    },
  };
}

function terminalInput(sys: Sys, kept: (fd: Fd) => Fd, path: string): { stdin: Fd; stdinWriter?: Fd } {
  const { fd, type } = openInput(sys, path, { uid: 0, gid: 0 });
  const stdin = kept(fd);
  return type === "fifo" ? { stdin, stdinWriter: kept(openWriter(sys, stdin)) } : { stdin };
}

/** The FIFO that was opened, whatever its path means by now. It has a reader: the descriptor itself. */
function openWriter(sys: Pick<Sys, "openFifoWriter">, reader: Fd): Fd {
  return sys.openFifoWriter(`/proc/self/fd/${reader}`);
}

async function receive(listener: { receive(signal: AbortSignal): Promise<Fd> }): Promise<Fd> {
  const none = new Failure(
    "INTERNAL",
    "shim error: the runtime has sent no terminal to its --console-socket",
  );
  using limit = withTimeout(undefined, terminalWithin, () => none);
  return await listener.receive(limit.signal);
}

/** A memfd's offset is where its writer left it. */
function readStart(fd: Fd): string {
  const buffer = Buffer.alloc(saidLimit);
  return buffer.toString("utf8", 0, readSync(fd, buffer, 0, saidLimit, 0));
}
