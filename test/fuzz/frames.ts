import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";

/** RFC 9113, 3.4. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const settings = frame(4, 0, 0, Buffer.alloc(0));

/** RFC 9113, 4.1: length, type, flags, stream, payload. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block without compression: literal fields that are not indexed (RFC 7541, 6.2.2). */
export function headers(stream: number, path: string, flags = 4): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "unix",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const block = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ]);
  return frame(1, flags, stream, Buffer.concat(block));
}

/** A message of gRPC as DATA: whether compressed, the length that it claims, its bytes. */
export function data(stream: number, claimed: number, bytes: Uint8Array, flags = 1): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(claimed, 1);
  return frame(0, flags, stream, Buffer.concat([head, bytes]));
}

const anyFrame = fc
  .tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 255 }),
    fc.oneof(fc.constantFrom(0, 1, 3, 5, 2 ** 31 - 1), fc.nat(2 ** 32 - 1)),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload));
const call = fc.constantFrom(
  ...[
    "/types.API/State",
    "/types.API/Events",
    "/types.API/CreateContainer",
    "/nobody/knows",
    "",
    "*",
  ].flatMap((path) => [headers(1, path), headers(1, path, 5), headers(1, path, 0)]),
);
const message = fc
  .tuple(
    fc.constantFrom(0, 5, 2 ** 22 + 1, 2 ** 32 - 1),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(0, 1),
  )
  .map(([claimed, bytes, flags]) => data(1, claimed, bytes, flags));

/** What somebody may send to the socket: garbage, other protocols, HTTP/2 that goes wrong at some point or is cut off anywhere. */
export const conversation: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom("GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\0", "\n", "{}")
      .map((text) => Buffer.from(text)),
    fc
      .array(fc.oneof(anyFrame, call, message), { maxLength: 8 })
      .map((frames) => Buffer.concat([preface, settings, ...frames])),
  )
  .chain((bytes) =>
    fc.oneof(fc.constant(bytes.length), fc.nat(bytes.length)).map((end) => bytes.subarray(0, end)),
  );

/** How a client leaves: it says so, it waits for the other side, or it is gone. */
export type Leaving = "ends" | "resets" | "stays";

export async function converse(path: string, bytes: Buffer, leaving: Leaving): Promise<Socket> {
  const socket = connect(path).on("error", () => undefined);
  await once(socket, "connect");
  socket.resume();
  if (bytes.length > 0) socket.write(bytes);
  if (leaving === "stays") return socket;
  const closed = new Promise((resolve) => socket.once("close", resolve));
  if (leaving === "resets") {
    await pause(1);
    socket.destroy();
  } else socket.end();
  await closed;
  return socket;
}
