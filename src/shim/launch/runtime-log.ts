import { closeSync, openSync, readSync, statSync } from "node:fs";

/** A runtime's last words are at its end. */
const most = 256 << 10;

/** What one command of the runtime writes to its log. */
export class RuntimeLog {
  readonly #path: string;
  readonly #from: number;

  /** @param own where it is asked to write @param runtimeArgs may send it elsewhere: the last --log on its line is the one it takes */
  constructor(own: string, runtimeArgs: readonly string[]) {
    this.#path = lastLog(runtimeArgs) ?? own;
    // The runtime opens it to append: what is there stays, and so do these permissions. Its messages may hold arguments.
    if (this.#path === own) closeSync(openSync(own, "a", 0o600));
    this.#from = sizeOf(this.#path);
  }

  /** What has been added since. */
  read(): string {
    const size = sizeOf(this.#path);
    const from = Math.max(size < this.#from ? 0 : this.#from, size - most);
    if (size <= from) return "";
    const buffer = Buffer.alloc(size - from);
    const fd = openSync(this.#path, "r");
    try {
      return buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, from));
    } finally {
      closeSync(fd);
    }
  }
}

function lastLog(args: readonly string[]): string | undefined {
  let path: string | undefined;
  for (const [at, arg] of args.entries()) {
    if (arg === "--log" || arg === "-log") path = args[at + 1];
    else path = /^--?log=(.+)$/.exec(arg)?.[1] ?? path;
  }
  return path;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
