import { mendAuthority } from "./header-block.ts";

// RFC 9113, 3.4, 4.1, 6.2 and 6.10
const prefaceLength = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
const frameHeaderLength = 9;
const headers = 1;
const continuation = 9;
const endHeaders = 0x4;
const padded = 0x8;
const priority = 0x20;
/** The largest frame a client may send us, as we announce no other: the session ends a connection that sends a larger one. */
const largestFrame = 16_384;
/** nghttp2 takes no larger header block than this; one that is goes on as it is, and costs its connection. */
const largestBlock = 65_536;

/**
 * Follows the frames that one client sends and mends the :authority of its requests (see header-block.ts). Looks at nine bytes of
 * each frame and at the whole of HEADERS and CONTINUATION alone; what is not whole yet is held until it is.
 */
export class ClientFrames {
  /** Bytes that go on without a look: the rest of a frame, or of the connection's preface. */
  #skip = prefaceLength;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes must be held before another look is worth it. */
  #needed = 0;

  /**
   * @param chunk the client's next bytes; they are changed in place
   * @returns what may go on: often the very chunk, or nothing while a header block is incomplete
   */
  feed(chunk: Buffer): Buffer {
    if (this.#heldBytes + chunk.length < this.#needed) return this.#hold(chunk, this.#needed);
    let data = chunk;
    if (this.#heldBytes > 0) {
      data = Buffer.concat([...this.#held, chunk]);
      this.#held = [];
      this.#heldBytes = 0;
    }
    this.#needed = 0;
    let at = 0;
    while (true) {
      const skipped = Math.min(this.#skip, data.length - at);
      at += skipped;
      this.#skip -= skipped;
      if (at === data.length) return data;
      const rest = data.subarray(at);
      const needed = bytesWanted(rest);
      if (needed > rest.length) {
        this.#hold(rest, needed);
        return data.subarray(0, at);
      }
      if (rest[3] === headers) this.#skip = mendHeaders(rest);
      else this.#skip = frameHeaderLength + rest.readUIntBE(0, 3);
    }
  }

  #hold(bytes: Buffer, needed: number): Buffer {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#needed = needed;
    return Buffer.alloc(0);
  }
}

/** How many bytes a look at the frame at the start of `data` wants: its header, or HEADERS with each CONTINUATION. */
function bytesWanted(data: Buffer): number {
  if (data.length < frameHeaderLength) return frameHeaderLength;
  if (data[3] !== headers) return frameHeaderLength;
  let at = 0;
  while (true) {
    if (at + frameHeaderLength > data.length) return at + frameHeaderLength;
    const length = data.readUIntBE(at, 3);
    if (at > 0 && data[at + 3] !== continuation) return at;
    if (length > largestFrame) return at + frameHeaderLength;
    const end = at + frameHeaderLength + length;
    const last = ((data[at + 4] ?? 0) & endHeaders) !== 0;
    if (last || end > largestBlock || end > data.length) return end;
    at = end;
  }
}

/** Mends the block that begins with HEADERS at the start of `data`, which holds all of it. @returns its bytes, frame headers and all */
function mendHeaders(data: Buffer): number {
  const fragments: Buffer[] = [];
  let at = 0;
  while (at + frameHeaderLength <= data.length) {
    const length = data.readUIntBE(at, 3);
    const end = at + frameHeaderLength + length;
    const flags = data[at + 4] ?? 0;
    if (at > 0 && data[at + 3] !== continuation) return at;
    if (end > data.length || end > largestBlock) return end;
    fragments.push(at === 0 ? headersFragment(data, end, flags) : data.subarray(at + frameHeaderLength, end));
    at = end;
    if (flags & endHeaders) break;
  }
  const [only] = fragments;
  if (fragments.length === 1 && only !== undefined) {
    mendAuthority(only);
    return at;
  }
  const block = Buffer.concat(fragments);
  mendAuthority(block);
  let from = 0;
  for (const fragment of fragments) from += block.copy(fragment, 0, from);
  return at;
}

/** The part of a HEADERS frame that is header block: between the pad length and priority, and the padding. */
function headersFragment(data: Buffer, frameEnd: number, flags: number): Buffer {
  let start = frameHeaderLength;
  let end = frameEnd;
  if (flags & padded) {
    end -= data[start] ?? 0;
    start += 1;
  }
  if (flags & priority) start += 5;
  return data.subarray(Math.min(start, frameEnd), Math.max(end, Math.min(start, frameEnd)));
}
