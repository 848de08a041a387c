import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { FifoOutput } from "./fifo-output.ts";

test("what had been read ahead when the process exited is delivered once", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "containerd-ts-fifo-"));
  try {
    const fifo = path.join(directory, "stdout");
    assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
    const output = new FifoOutput(fifo);
    const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    // Nobody reads on: both streams fill up, and then the FIFO.
    output.read(0);
    const written: Buffer[] = [];
    for (let n = 0; n < 12; n += 1) {
      const piece = Buffer.alloc(16_384, n);
      if (!fits(writer, piece)) break;
      written.push(piece);
      await pause(10);
    }
    output.processExited();
    closeSync(writer);
    const read: Buffer[] = await output.toArray();
    assert.ok(written.length > 4);
    assert.deepEqual(lengths(read), lengths(written));
    assert.ok(Buffer.concat(read).equals(Buffer.concat(written)));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function fits(fd: number, piece: Buffer): boolean {
  try {
    return writeSync(fd, piece) === piece.length;
  } catch {
    return false; // EAGAIN: the FIFO is full
  }
}

/** How many bytes there are of each piece, by its number. */
function lengths(pieces: readonly Buffer[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const byte of Buffer.concat(pieces)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return counts;
}
