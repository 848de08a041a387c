import { bitsOf, eachSymbol, encode, putSymbol } from "./huffman.ts";

const dash = "-".charCodeAt(0);
const bang = "!".charCodeAt(0);

/** The static table's numbers (RFC 7541, Appendix A) of the two fields that name the server. */
const authorityIndex = 1;
const hostIndex = 38;

/** What nghttp2 lets be in :authority and host: a URI's authority (RFC 3986, 3.2). Anything else resets the stream. */
const allowed: readonly boolean[] = Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9\-._~!$&'()*+,;=:@%[\]]/.test(String.fromCharCode(byte)),
);

const names = [":authority", "host"].map((name) => ({ plain: Buffer.from(name), huffman: encode(name) }));

/**
 * Makes a header block's :authority one that Node's HTTP/2 accepts, in place: every length stays as it is, the decoded ones
 * too, so the dynamic tables of both sides still agree. A client of a Unix socket may send the socket's path there, raw
 * (Docker Engine and grpc-java do), and nghttp2 resets a stream whose :authority holds a "/".
 *
 * Only literal values can need it: what a table holds was a literal once, and was mended then.
 *
 * @param block the whole block (RFC 7541, 6), the fragments of HEADERS and CONTINUATION joined
 */
export function mendAuthority(block: Uint8Array): void {
  const reader = new Reader(block);
  while (reader.more) {
    const first = block[reader.at] ?? 0;
    if (first & 0x80) {
      reader.integer(7); // both name and value are in a table
    } else if ((first & 0xe0) === 0x20) {
      reader.integer(5); // the dynamic table's size
    } else {
      const index = reader.integer(first & 0x40 ? 6 : 4);
      const named =
        index === 0 ? isServersName(reader.string()) : index === authorityIndex || index === hostIndex;
      const value = reader.string();
      if (named && value !== undefined) mendValue(value);
    }
  }
}

interface Text {
  readonly bytes: Uint8Array;
  readonly huffman: boolean;
}

function isServersName(text: Text | undefined): boolean {
  if (text === undefined) return false;
  return names.some(({ plain, huffman }) => (text.huffman ? huffman : plain).equals(text.bytes));
}

function mendValue({ bytes, huffman }: Text): void {
  if (!huffman) {
    for (let at = 0; at < bytes.length; at += 1) {
      if (allowed[bytes[at] ?? 0] !== true) bytes[at] = dash;
    }
    return;
  }
  eachSymbol(bytes, (symbol, firstBit) => {
    if (allowed[symbol] === true) return;
    // Only what has a code of the same length can take its place: "/" and " " have six bits as "-" has, '"' and "?" ten
    // as "!" has. No path of a socket that was ever seen needs more.
    const stead = [dash, bang].find((one) => bitsOf(one) === bitsOf(symbol));
    if (stead !== undefined) putSymbol(bytes, firstBit, stead);
  });
}

/** Reads the representations of RFC 7541, 5. What makes no sense ends it: the HTTP/2 session judges the same bytes next. */
class Reader {
  at = 0;
  readonly #block: Uint8Array;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get more(): boolean {
    return this.at < this.#block.length;
  }

  integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#next() & most;
    if (value < most) return value;
    for (let shift = 0; this.more; shift += 7) {
      if (shift > 21) return this.#giveUp(); // more than any block holds
      const byte = this.#next();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.#giveUp();
  }

  string(): Text | undefined {
    if (!this.more) return undefined;
    const huffman = ((this.#block[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(7);
    const end = this.at + length;
    if (!(end <= this.#block.length)) {
      this.#giveUp();
      return undefined;
    }
    const bytes = this.#block.subarray(this.at, end);
    this.at = end;
    return { bytes, huffman };
  }

  #next(): number {
    const byte = this.#block[this.at] ?? 0;
    this.at += 1;
    return byte;
  }

  #giveUp(): number {
    this.at = this.#block.length;
    return Number.NaN;
  }
}
