import { mkdirSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { type Stdio, sys } from "./harness.ts";

/** What comes out of a FIFO. No process of its own reads it, as in test/harness: here the test reaps all children itself. */
export interface Heard extends Disposable {
  text(): string;
  /** Everything, once the last writer has closed. */
  readonly end: Promise<string>;
}

/** Three FIFOs, opened as the shim opens them, and a client at their other ends. */
export interface Fifos extends Stdio, Disposable {
  readonly out: Heard;
  readonly err: Heard;
  write(text: string): void;
  /** The shim's own descriptors go. */
  close(): void;
}

export function makeFifos(directory: string): Fifos {
  mkdirSync(directory);
  const [inPath, outPath, errPath] = ["in", "out", "err"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [inPath, outPath, errPath]) sys.mkfifo(path, 0o700);
  using stack = new DisposableStack();
  const own = new DisposableStack();
  const mine = (fd: number): number => own.adopt(fd, (open) => sys.close(open));
  const [stdin, stdout, stderr] = [
    mine(sys.openFifoReader(inPath)),
    mine(sys.openReadWrite(outPath)),
    mine(sys.openReadWrite(errPath)),
  ];
  stack.use(own);
  const writer = stack.adopt(openSync(inPath, "w"), (open) => sys.close(open));
  const [out, err] = [stack.use(hear(outPath)), stack.use(hear(errPath))];
  const all = stack.move();
  return {
    ...{ stdin, stdout, stderr, out, err },
    write: (text) => writeSync(writer, text),
    close: () => own.dispose(),
    [Symbol.dispose]: () => all.dispose(),
  };
}

function hear(path: string): Heard {
  const socket = new Socket({ fd: sys.openFifoReader(path), readable: true, writable: false });
  let text = "";
  const { promise: end, resolve } = Promise.withResolvers<string>();
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("end", () => resolve(text));
  return { text: () => text, end, [Symbol.dispose]: () => socket.destroy() };
}
