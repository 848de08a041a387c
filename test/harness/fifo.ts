import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A FIFO's other side, held by a process of its own: open(2) of a FIFO blocks as it does in Docker's goroutines. */
export interface FifoReader {
  /** What came until now. */
  text(): string;
  /** Everything, once the last writer has closed. */
  readonly end: Promise<Buffer>;
  /** Goes away without reading on. */
  kill(): void;
}

export interface FifoWriter {
  write(text: string | Buffer): void;
  /** Closes the writer's side after what was written. */
  close(): Promise<void>;
  /** Goes away, also where nobody has opened the other side. */
  kill(): void;
}

export function makeFifo(directory: string, name: string, mode = "0700"): string {
  const path = join(directory, name);
  execFileSync("mkfifo", ["-m", mode, path]);
  return path;
}

export function readFifo(path: string): FifoReader {
  const cat = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  cat.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return {
    text: () => Buffer.concat(chunks).toString(),
    end: once(cat, "close").then(() => Buffer.concat(chunks)),
    kill: () => cat.kill("SIGKILL"),
  };
}

export function writeFifo(path: string): FifoWriter {
  const cat = spawn("sh", ["-c", 'exec cat > "$1"', "sh", path], { stdio: ["pipe", "ignore", "inherit"] });
  return {
    write: (text) => cat.stdin.write(text),
    kill: () => cat.kill("SIGKILL"),
    close: async () => {
      const closed = once(cat, "close");
      cat.stdin.end();
      await closed;
    },
  };
}
