// Protocol Buffers' encoding (protobuf.dev/programming-guides/encoding) for the messages of schema.ts, in the shapes that
// protoc-gen-es gives them: fields without a value have their default, messages without one are undefined.
import { type Field, fieldsOf, isScalar, type Scalar } from "./schema.ts";

export type Fields = Record<string, unknown>;

/** A message that cannot be read. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** A message as it goes on the wire; what is absent, undefined or the default is left out. */
export function encode(message: string, value: Fields): Buffer {
  return Buffer.concat(encodedParts(message, value));
}

function encodedParts(message: string, value: Fields): Buffer[] {
  return fieldsOf(message).flatMap((field) => {
    const held = value[field.key];
    if (held === undefined) return [];
    if (field.shape === "[]") return encodedList(field, held as readonly unknown[]);
    if (field.shape === "{}")
      return Object.entries(held as Fields).flatMap(([key, one]) => encodedEntry(field, key, one));
    if (!isScalar(field.type)) return lengthDelimited(field.number, encode(field.type, held as Fields));
    return isDefault(held) ? [] : encodedScalar(field.number, field.type, held);
  });
}

function encodedList(field: Field, items: readonly unknown[]): Buffer[] {
  const { number, type } = field;
  if (!isScalar(type)) return items.flatMap((one) => lengthDelimited(number, encode(type, one as Fields)));
  if (type === "string") return items.flatMap((one) => encodedScalar(number, type, one));
  // Numbers are packed.
  return items.length === 0
    ? []
    : lengthDelimited(number, Buffer.concat(items.map((one) => scalarVarint(one))));
}

/** A map's entry is a message with key 1 and value 2. */
function encodedEntry({ number, type }: Field, key: string, value: unknown): Buffer[] {
  const held = isScalar(type)
    ? encodedScalar(2, type, value)
    : lengthDelimited(2, encode(type, value as Fields));
  return lengthDelimited(number, Buffer.concat([...encodedScalar(1, "string", key), ...held]));
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === 0n || value === false;
}

function encodedScalar(number: number, type: Scalar, value: unknown): Buffer[] {
  if (type === "string") return lengthDelimited(number, Buffer.from(String(value)));
  return [varintBytes(BigInt((number << 3) | varint)), scalarVarint(value)];
}

function lengthDelimited(number: number, bytes: Buffer): Buffer[] {
  return [varintBytes(BigInt((number << 3) | delimited)), varintBytes(BigInt(bytes.length)), bytes];
}

/** Negative numbers are their two's complement in 64 bits. */
function scalarVarint(value: unknown): Buffer {
  return varintBytes(BigInt.asUintN(64, BigInt(value as bigint | number | boolean)));
}

function varintBytes(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/**
 * Reads a message; fields that it does not know are passed over.
 *
 * @throws DecodeError
 */
export function decode(message: string, bytes: Buffer): Fields {
  const fields = fieldsOf(message);
  const value: Fields = {};
  for (const field of fields) value[field.key] = defaultOf(field);
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const field = fields.find(({ number }) => number === tag >>> 3);
    const wire = tag & 7;
    if (field === undefined) reader.skip(wire);
    else decodeField(value, field, wire, reader);
  }
  return value;
}

function defaultOf({ shape, type }: Field): unknown {
  if (shape === "[]") return [];
  if (shape === "{}") return {};
  if (!isScalar(type)) return undefined;
  if (type === "string") return "";
  if (type === "bool") return false;
  return type.endsWith("64") ? 0n : 0;
}

function decodeField(value: Fields, { key, type, shape }: Field, wire: number, reader: Reader): void {
  if (shape === "{}") {
    const [name, held] = decodeEntry(type, reader.bytes());
    (value[key] as Fields)[name] = held;
  } else if (shape === "[]" && wire === delimited && isScalar(type) && type !== "string") {
    const packed = new Reader(reader.bytes());
    while (!packed.done) (value[key] as unknown[]).push(number(type, packed.varint()));
  } else {
    const held = decodeValue(type, wire, reader);
    if (shape === "[]") (value[key] as unknown[]).push(held);
    else value[key] = held;
  }
}

function decodeEntry(type: string, bytes: Buffer): [string, unknown] {
  const reader = new Reader(bytes);
  let name = "";
  let held = isScalar(type)
    ? defaultOf({ type, shape: "", key: "", name: "", number: 2 })
    : decode(type, Buffer.alloc(0));
  while (!reader.done) {
    const tag = Number(reader.varint());
    if (tag >>> 3 === 1) name = reader.bytes().toString();
    else if (tag >>> 3 === 2) held = decodeValue(type, tag & 7, reader);
    else reader.skip(tag & 7);
  }
  return [name, held];
}

function decodeValue(type: string, wire: number, reader: Reader): unknown {
  if (!isScalar(type) || type === "string") {
    if (wire !== delimited) throw new DecodeError(`a ${type} has wire type ${wire}`);
    return type === "string" ? reader.bytes().toString() : decode(type, reader.bytes());
  }
  if (wire !== varint) throw new DecodeError(`a ${type} has wire type ${wire}`);
  return number(type, reader.varint());
}

function number(type: Scalar, value: bigint): unknown {
  switch (type) {
    case "bool":
      return value !== 0n;
    case "uint32":
      return Number(BigInt.asUintN(32, value));
    case "int32":
      return Number(BigInt.asIntN(32, value));
    case "int64":
      return BigInt.asIntN(64, value);
    default:
      return value;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    // Nearly all fit in the first four bytes: no bigint arithmetic for those.
    let small = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      small |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new DecodeError("a number has more than ten bytes");
  }

  bytes(): Buffer {
    return this.#take(Number(this.varint()));
  }

  skip(wire: number): void {
    if (wire === varint) this.varint();
    else if (wire === fixed64) this.#take(8);
    else if (wire === delimited) this.bytes();
    else if (wire === fixed32) this.#take(4);
    else throw new DecodeError(`there is no wire type ${wire}`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new DecodeError("the message ends too early");
    this.#at += 1;
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new DecodeError("the message ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
