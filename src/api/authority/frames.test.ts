import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ClientFrames } from "./frames.ts";
import { encode } from "./huffman.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const settings = frame(4, 0, 0, Buffer.alloc(0));
const raw = "/var/run/docker/libcontainerd/docker-containerd.sock";
const mended = "-var-run-docker-libcontainerd-docker-containerd.sock";

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A string literal of fewer than 127 bytes. */
function literal(text: string, huffman: boolean): Buffer {
  const bytes = huffman ? encode(text) : Buffer.from(text, "latin1");
  return Buffer.concat([Buffer.of((huffman ? 0x80 : 0) | bytes.length), bytes]);
}

/** A header block as Go's encoder makes it: :method, :scheme, :path, then :authority. */
function block(authority: string, { huffman = false, first = 0x41, name = "" } = {}): Buffer {
  return Buffer.concat([
    Buffer.of(0x83, 0x86, 0x44),
    literal("/types.API/State", huffman),
    Buffer.of(first),
    name === "" ? Buffer.alloc(0) : literal(name, huffman),
    literal(authority, huffman),
    Buffer.of(0x40),
    literal("x-path", huffman),
    literal("/keep/this", huffman),
  ]);
}

function fed(...chunks: Buffer[]): Buffer {
  const frames = new ClientFrames();
  return Buffer.concat(chunks.map((chunk) => Buffer.from(frames.feed(Buffer.from(chunk)))));
}

const requests: Record<string, (authority: string) => Buffer> = {
  "a plain literal": (value) => frame(1, 0x4, 1, block(value)),
  "a Huffman literal": (value) => frame(1, 0x4, 1, block(value, { huffman: true })),
  "a literal that is never indexed": (value) => frame(1, 0x4, 1, block(value, { first: 0x11 })),
  "a literal that is not indexed": (value) => frame(1, 0x4, 1, block(value, { first: 0x01 })),
  "a name that is spelled out": (value) =>
    frame(1, 0x4, 1, block(value, { first: 0x40, name: ":authority" })),
  "a Huffman name": (value) =>
    frame(1, 0x4, 1, block(value, { first: 0, name: ":authority", huffman: true })),
  "the host field": (value) => frame(1, 0x4, 1, block(value, { first: 0x40, name: "host" })),
  padding: (value) => frame(1, 0xc, 1, Buffer.concat([Buffer.of(7), block(value), Buffer.from("/padded")])),
  priority: (value) => frame(1, 0x24, 1, Buffer.concat([Buffer.of(0, 0, 0, 47, 47), block(value)])),
  "padding and priority": (value) =>
    frame(1, 0x2c, 1, Buffer.concat([Buffer.of(1, 0, 0, 0, 0, 9), block(value), Buffer.from("/")])),
  "CONTINUATION within the value": (value) => {
    const whole = block(value, { huffman: true });
    return Buffer.concat([
      frame(1, 0, 1, whole.subarray(0, 30)),
      frame(9, 0, 1, whole.subarray(30, 31)),
      frame(9, 0, 1, Buffer.alloc(0)),
      frame(9, 4, 1, whole.subarray(31)),
    ]);
  },
  "a second request": (value) =>
    Buffer.concat([
      frame(1, 4, 1, block("unix")),
      frame(0, 1, 1, Buffer.from("/data/is/left/alone")),
      frame(1, 4, 3, block(value)),
    ]),
};

describe("a raw path as :authority is mended", () => {
  for (const [name, request] of Object.entries(requests)) {
    const sent = Buffer.concat([preface, settings, request(raw), frame(0, 1, 1, Buffer.from("////"))]);
    const wanted = Buffer.concat([preface, settings, request(mended), frame(0, 1, 1, Buffer.from("////"))]);

    test(`in ${name}`, () => assert.deepEqual(fed(sent), wanted));

    test(`in ${name}, cut in two anywhere`, () => {
      for (let at = 0; at <= sent.length; at += 1) {
        assert.deepEqual(fed(sent.subarray(0, at), sent.subarray(at)), wanted);
      }
    });

    test(`in ${name}, a byte at a time`, () => {
      assert.deepEqual(fed(...Array.from(sent, (byte) => Buffer.of(byte))), wanted);
    });
  }
});

test("an :authority that is one already goes on as it is", () => {
  const sent = Buffer.concat([preface, frame(1, 4, 1, block("localhost:1234", { huffman: true }))]);
  assert.deepEqual(fed(sent), sent);
});

test("a space, a query and letters of other alphabets are mended too", () => {
  const sent = Buffer.concat([preface, frame(1, 4, 1, block("/a b?\u00e9"))]);
  const wanted = Buffer.concat([preface, frame(1, 4, 1, block("-a-b--"))]);
  assert.deepEqual(fed(sent), wanted);
  const huffman = Buffer.concat([preface, frame(1, 4, 1, block("/a b?", { huffman: true }))]);
  assert.deepEqual(fed(huffman), Buffer.concat([preface, frame(1, 4, 1, block("-a-b!", { huffman: true }))]));
});

describe("what is no HTTP/2 goes on for the session to judge", () => {
  const cases: Record<string, Buffer> = {
    "another protocol": Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50)),
    "a length past the block": frame(1, 4, 1, Buffer.of(0x41, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f, 1)),
    "a number without an end": frame(1, 4, 1, Buffer.alloc(100, 0xff)),
    "padding longer than the frame": frame(1, 0xc, 1, Buffer.of(200, 0x41, 1, 47)),
    "priority in an empty frame": frame(1, 0x24, 1, Buffer.alloc(0)),
    "HEADERS followed by DATA": Buffer.concat([frame(1, 0, 1, block(raw)), frame(0, 0, 1, Buffer.from("/"))]),
    "a frame past the limit": frame(1, 4, 1, Buffer.alloc(100_000, 0x41)),
    "an endless block": Buffer.concat([
      frame(1, 0, 1, Buffer.alloc(16_000)),
      ...Array.from({ length: 10 }, () => frame(9, 0, 1, Buffer.alloc(16_000))),
    ]),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(name, () => {
      const sent = Buffer.concat([preface, bytes, frame(0, 0, 1, Buffer.from("x"))]);
      assert.equal(fed(sent).length, sent.length);
      const pieces = Array.from({ length: Math.ceil(sent.length / 7) }, (_, n) =>
        sent.subarray(n * 7, n * 7 + 7),
      );
      assert.deepEqual(fed(...pieces), fed(sent));
    });
  }
});
