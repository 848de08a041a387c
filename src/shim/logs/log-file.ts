import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { rotated } from "../../base/log-record.ts";
import type { LogTarget } from "../../state/process-record.ts";

/**
 * A file that records are appended to, and that is renamed when it is full. Writing is synchronous: into the page cache, and a record that
 * has been read from a container is nowhere else.
 */
export class LogFile {
  readonly #target: LogTarget;
  #fd: number;
  #size: number;
  /** The file's last line has no end. */
  #torn: boolean;

  /** @throws what open(2) says */
  constructor(target: LogTarget) {
    this.#target = target;
    this.#fd = openSync(target.path, "a+", 0o600);
    this.#size = fstatSync(this.#fd).size;
    this.#torn = this.#size > 0 && lastByte(this.#fd, this.#size) !== 0x0a;
  }

  /**
   * @param records lines with their ends; a file has at most the target's size, but for a record that is longer by itself
   * @throws what write(2) says: what is not written then is lost, and the next record is whole again
   */
  append(records: readonly string[]): void {
    const all = records.join("");
    if (this.#size + Buffer.byteLength(all) <= this.#target.maxSize) {
      this.#write(all);
      return;
    }
    let batch: string[] = [];
    let size = 0;
    const flush = (): void => {
      if (batch.length > 0) this.#write(batch.join(""));
      batch = [];
      size = 0;
    };
    for (const record of records) {
      const length = Buffer.byteLength(record);
      if (this.#size + size + length > this.#target.maxSize && this.#size + size > 0) {
        flush();
        this.#rotate();
      }
      batch.push(record);
      size += length;
    }
    flush();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(text: string): void {
    const bytes = Buffer.from(this.#torn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } finally {
      this.#size += written;
      if (written > 0) this.#torn = bytes[written - 1] !== 0x0a;
    }
  }

  #rotate(): void {
    const { path, maxFiles } = this.#target;
    for (let age = maxFiles - 1; age > 0; age -= 1) {
      if (statSync(rotated(path, age - 1), { throwIfNoEntry: false }) !== undefined)
        renameSync(rotated(path, age - 1), rotated(path, age));
    }
    if (maxFiles === 1) rmSync(path, { force: true });
    const fd = openSync(path, "a+", 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    this.#torn = false;
  }
}

function lastByte(fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, size - 1);
  return byte[0];
}
