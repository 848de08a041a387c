// gRPC's length-prefixed messages: a byte that says whether the message is compressed, its length in four
// bytes, most significant first, then the message (PROTOCOL-HTTP2.md of the gRPC project).

const prefix = 5;

/** A message that may not be received: too long, or compressed though nobody agreed to that. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** One message with its prefix, ready for a DATA frame. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(prefix + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefix);
  return framed;
}

/** Cuts a stream of bytes, in whatever pieces it comes, into messages. */
export class FrameReader {
  readonly #limit: number;
  #held: Buffer[] = [];
  #bytes = 0;

  /** @param limit the longest message that is accepted, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the stream ended, if it ends now, in the middle of a message. */
  get torn(): boolean {
    return this.#bytes > 0;
  }

  /**
   * @returns the messages that are whole with this piece
   * @throws FrameError
   */
  push(piece: Buffer): Buffer[] {
    this.#held.push(piece);
    this.#bytes += piece.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= prefix) {
      const head = this.#joined(prefix);
      const length = head.readUInt32BE(1);
      if (head[0] !== 0) throw new FrameError("the message is compressed, which was not asked for");
      if (length > this.#limit)
        throw new FrameError(`the message has ${length} bytes; ${this.#limit} are allowed`);
      if (this.#bytes < prefix + length) break;
      const all = this.#joined(prefix + length);
      messages.push(all.subarray(prefix, prefix + length));
      const rest = all.subarray(prefix + length);
      this.#held[0] = rest;
      if (rest.length === 0) this.#held.shift();
      this.#bytes -= prefix + length;
    }
    return messages;
  }

  /** The first piece held, made long enough to have `wanted` bytes. */
  #joined(wanted: number): Buffer {
    const first = this.#held[0];
    if (first !== undefined && first.length >= wanted) return first;
    const all = Buffer.concat(this.#held);
    this.#held = [all];
    return all;
  }
}
