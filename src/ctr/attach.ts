import { Transform } from "node:stream";
import { finished } from "node:stream/promises";
import type { ContainerProcess, Size, StdioOptions } from "../client/process.ts";

/** What a process is started with, to be attached to. */
export const attachedStdio: StdioOptions = { stdin: "pipe", stdout: "pipe", stderr: "pipe" };

/**
 * Connects this program's stdin, stdout and stderr with a process's until it exits: with a terminal raw and resized, without one
 * byte for byte. Signals are passed on.
 *
 * @returns the process's exit code
 */
export async function attach(target: ContainerProcess): Promise<number> {
  using stack = new DisposableStack();
  const raw = target.terminal && process.stdin.isTTY;
  stack.use(passSignals(target));
  if (target.terminal) stack.use(passSize(target));
  if (raw) stack.use(rawMode());
  const outputs = [
    target.stdout?.pipe(process.stdout, { end: false }) && finished(target.stdout),
    target.stderr?.pipe(process.stderr, { end: false }) && finished(target.stderr),
  ];
  stack.use(passInput(target, raw));
  const { exitCode } = await target.wait();
  await Promise.allSettled(outputs);
  return exitCode;
}

function passInput({ stdin, terminal }: ContainerProcess, raw: boolean): Disposable {
  // A terminal knows no end of file but the character for it.
  const input = terminal && !raw ? process.stdin.pipe(new EndOfFileCharacter()) : process.stdin;
  if (stdin !== undefined) input.pipe(stdin);
  const stop = () => {
    process.stdin.unpipe();
    process.stdin.destroy();
  };
  // A stdin that cannot be read (closed, a directory) is an empty one.
  process.stdin.on("error", () => stdin?.end());
  return { [Symbol.dispose]: stop };
}

/** Ends with ^D; after an unfinished line with two, of which the first only hands the line over (termios(3), VEOF). */
class EndOfFileCharacter extends Transform {
  #last = 0x0a;

  override _transform(
    piece: Buffer,
    _encoding: string,
    callback: (error: null, piece: Buffer) => void,
  ): void {
    this.#last = piece.at(-1) ?? this.#last;
    callback(null, piece);
  }

  override _flush(callback: (error: null, piece: Buffer) => void): void {
    callback(null, Buffer.from(this.#last === 0x0a ? "\x04" : "\x04\x04"));
  }
}

function rawMode(): Disposable {
  const restore = () => {
    process.stdin.setRawMode(false);
  };
  process.stdin.setRawMode(true);
  // However this program ends, the user's terminal must be as it was.
  process.on("exit", restore);
  return {
    [Symbol.dispose]() {
      process.off("exit", restore);
      restore();
    },
  };
}

const passed = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * Signals go to the process, which decides what they mean. A third SIGINT (Ctrl-C) or SIGTERM means ctr itself: an init without a
 * handler never sees either (pid_namespaces(7)), and its user must be able to leave.
 */
function passSignals(target: ContainerProcess): Disposable {
  let requests = 0;
  const pass = (signal: NodeJS.Signals) => {
    if (signal === "SIGINT" || signal === "SIGTERM") requests += 1;
    if (requests > 2) {
      process.stderr.write(`ctr: left ${target.name} of ${target.container} running\n`);
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
    // It may have exited just now.
    target.kill(signal).catch(() => undefined);
  };
  for (const signal of passed) process.on(signal, pass);
  return {
    [Symbol.dispose]() {
      for (const signal of passed) process.off(signal, pass);
    },
  };
}

/** Gives the process's terminal this one's size, now and whenever it changes. */
function passSize(target: ContainerProcess): Disposable {
  const resize = () => {
    const size = terminalSize();
    if (size !== undefined) target.resize(size).catch(() => undefined);
  };
  process.on("SIGWINCH", resize);
  resize();
  return {
    [Symbol.dispose]() {
      process.off("SIGWINCH", resize);
    },
  };
}

function terminalSize(): Size | undefined {
  const terminal = [process.stdout, process.stderr].find((stream) => stream.isTTY);
  if (terminal === undefined) return undefined;
  const [width, height] = terminal.getWindowSize();
  return width > 0 && height > 0 ? { width, height } : undefined;
}
