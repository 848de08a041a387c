/**
 * HPACK's Huffman code (RFC 7541, Appendix B). It is a canonical code: symbols of one length have consecutive codes in
 * the symbols' order, and each length goes on where the one before ended. So the lengths alone tell the whole code.
 */
// biome-ignore format: 16 a line, as in the symbols' own order
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const longest = 30;
/** For each length: its first code, how many codes it has, and where its symbols begin in `inOrder`. */
const firstCode: number[] = [];
const count: number[] = [];
const firstSymbol: number[] = [];
/** The symbols by length, then by number: the order of their codes. */
const inOrder: number[] = [];
for (let length = 0, code = 0; length <= longest; length += 1) {
  const symbols = lengths.flatMap((one, symbol) => (one === length ? [symbol] : []));
  code <<= 1;
  firstCode.push(code);
  count.push(symbols.length);
  firstSymbol.push(inOrder.length);
  inOrder.push(...symbols);
  code += symbols.length;
}

/**
 * Calls `visit` for each symbol of an encoded string.
 *
 * @param visit gets the symbol and the place of its code: the first bit, counted from the string's first, and the bits
 */
export function eachSymbol(
  bytes: Uint8Array,
  visit: (symbol: number, firstBit: number, bits: number) => void,
): void {
  let code = 0;
  let bits = 0;
  for (let at = 0; at < bytes.length * 8; at += 1) {
    code = (code << 1) | bitAt(bytes, at);
    bits += 1;
    const nth = code - (firstCode[bits] ?? 0);
    if (nth < (count[bits] ?? 0)) {
      visit(inOrder[(firstSymbol[bits] ?? 0) + nth] ?? 0, at + 1 - bits, bits);
      code = 0;
      bits = 0;
    } else if (bits === longest) {
      return; // no code is longer: not Huffman's, and the HTTP/2 session says so
    }
  }
}

/** Puts the code of `symbol` over the bits from `firstBit` on. */
export function putSymbol(bytes: Uint8Array, firstBit: number, symbol: number): void {
  const { code, bits } = codeOf(symbol);
  for (let n = 0; n < bits; n += 1) {
    const at = firstBit + n;
    const mask = 0x80 >> (at & 7);
    const byte = bytes[at >> 3] ?? 0;
    bytes[at >> 3] = (code >> (bits - 1 - n)) & 1 ? byte | mask : byte & ~mask;
  }
}

/** The length of a symbol's code in bits. */
export const bitsOf = (symbol: number): number => lengths[symbol] ?? 0;

/** A string as HPACK encodes it, the last byte filled up with ones. */
export function encode(text: string): Buffer {
  const symbols = [...Buffer.from(text, "latin1")];
  const bits = symbols.reduce((sum, symbol) => sum + bitsOf(symbol), 0);
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  let at = 0;
  for (const symbol of symbols) {
    putSymbol(bytes, at, symbol);
    at += bitsOf(symbol);
  }
  return bytes;
}

function codeOf(symbol: number): { code: number; bits: number } {
  const bits = bitsOf(symbol);
  const first = firstSymbol[bits] ?? 0;
  const nth = inOrder.indexOf(symbol, first) - first;
  return { code: (firstCode[bits] ?? 0) + nth, bits };
}

const bitAt = (bytes: Uint8Array, at: number): number => ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
