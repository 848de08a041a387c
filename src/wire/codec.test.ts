import assert from "node:assert/strict";
import { test } from "node:test";
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { file_grpc_health_v1_health } from "../gen/grpc/health/v1/health_pb.js";
import { file_streams_v1_streams } from "../gen/streams/v1/streams_pb.ts";
import { file_types_api } from "../gen/types/api_pb.ts";
import { DecodeError, decode, encode, type Fields } from "./codec.ts";
import { fieldsOf, messageNames } from "./schema.ts";

const descriptions = [
  ...file_types_api.messages,
  ...file_streams_v1_streams.messages,
  ...file_grpc_health_v1_health.messages,
];

function typeOf(field: DescField): string {
  const scalar =
    "scalar" in field && field.scalar !== undefined ? ScalarType[field.scalar].toLowerCase() : undefined;
  const message = "message" in field ? field.message?.name : undefined;
  const shape = field.fieldKind === "list" ? "[]" : field.fieldKind === "map" ? "{}" : "";
  return `${field.fieldKind === "enum" ? "int32" : (scalar ?? message)}${shape}`;
}

test("the schema says what proto/ says", () => {
  const unused = ["ContainerState"];
  const expected = descriptions.filter(({ name }) => messageNames.includes(name));
  assert.deepEqual(
    descriptions
      .map(({ name }) => name)
      .filter(
        (name) =>
          !messageNames.includes(name) &&
          !unused.includes(name) &&
          !/^Health(?!Check(Request|Response)$)/.test(name),
      ),
    [],
  );
  for (const { name, fields } of expected)
    assert.deepEqual(
      fieldsOf(name).map((field) => [field.name, field.number, field.type + field.shape, field.key]),
      fields.map((field) => [field.name, field.number, typeOf(field), field.localName]),
      name,
    );
});

/** Any value of a message, as protoc-gen-es takes it. */
function anyOf(description: DescMessage): fc.Arbitrary<Fields> {
  const record = Object.fromEntries(description.fields.map((field) => [field.localName, anyValue(field)]));
  return fc.record(record, { requiredKeys: [] });
}

function anyValue(field: DescField): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case "scalar":
      return anyScalar(field.scalar);
    case "message":
      return anyOf(field.message);
    case "list":
      return fc.array(field.listKind === "message" ? anyOf(field.message) : anyScalar(field.scalar ?? 1), {
        maxLength: 3,
      });
    case "map":
      return fc.dictionary(
        fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
        field.mapKind === "message" ? anyOf(field.message) : anyScalar(field.scalar ?? 1),
        { maxKeys: 3, noNullPrototype: true },
      );
    default:
      return fc.integer({ min: 0, max: 3 });
  }
}

function anyScalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: "grapheme" });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT32:
      return fc.nat({ max: 0xffffffff });
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    default:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  }
}

/** A message without what protoc-gen-es adds to it, its defaults included. */
function plain(description: DescMessage, message: Message): Fields {
  const held = message as unknown as Fields;
  return Object.fromEntries(
    description.fields.map((field) => {
      const value = held[field.localName];
      if (value === undefined || !("message" in field) || field.message === undefined)
        return [field.localName, value];
      const each = (one: unknown) => plain(field.message as DescMessage, one as Message);
      if (field.fieldKind === "list") return [field.localName, (value as unknown[]).map(each)];
      if (field.fieldKind === "map")
        return [
          field.localName,
          Object.fromEntries(Object.entries(value as Fields).map(([key, one]) => [key, each(one)])),
        ];
      return [field.localName, each(value)];
    }),
  );
}

test("what is written and read is the same as with the generated code", () => {
  for (const description of descriptions.filter(({ name }) => messageNames.includes(name))) {
    fc.assert(
      fc.property(anyOf(description), (value) => {
        const theirs = toBinary(description, create(description, value as MessageInitShape<DescMessage>));
        const ours = encode(description.name, value);
        const expected = plain(description, fromBinary(description, theirs));
        assert.deepEqual(decode(description.name, Buffer.from(theirs)), expected);
        assert.deepEqual(plain(description, fromBinary(description, ours)), expected);
      }),
      { numRuns: 30 },
    );
  }
});

test("what is no message is an error, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decode("StateResponse", Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
