import assert from "node:assert/strict";
import { test } from "node:test";
import { Fields } from "./fields.ts";

const parse = (value: unknown): Fields => Fields.parse("/x/state.json", JSON.stringify(value));

test("what is as it must be is taken, what is missing has its default", () => {
  const fields = parse({
    a: "text",
    b: true,
    c: 7,
    d: ["x"],
    e: "12345678901234567890",
    f: { g: 1 },
    n: null,
  });
  assert.equal(fields.string("a"), "text");
  assert.equal(fields.boolean("b"), true);
  assert.equal(fields.integer("c", 0, 7), 7);
  assert.deepEqual(fields.strings("d"), ["x"]);
  assert.equal(fields.bigint("e"), 12345678901234567890n);
  assert.equal(fields.fields("f").integer("g", 1, 1), 1);
  assert.deepEqual(
    [fields.has("n"), fields.string("n", "default"), fields.strings("z", [])],
    [false, "default", []],
  );
});

test("what is damaged is told with the file, the field and the reason, and without the value, which may be secret", () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["it is not JSON (7 characters)", () => Fields.parse("/x/state.json", "{secret")],
    ["it is no JSON object", () => parse(["secret"])],
    ["it is no JSON object", () => parse(null)],
    ["a must be a string, not a list", () => parse({ a: ["secret"] }).string("a")],
    ["a must be a string, not missing", () => parse({}).string("a")],
    ["a must be true or false, not a string", () => parse({ a: "secret" }).boolean("a")],
    ["a must be a whole number from 0 to 255, not 256", () => parse({ a: 256 }).integer("a", 0, 255)],
    ["a must be a list of strings, not a list", () => parse({ a: [1] }).strings("a")],
    ["a must be digits, not a string", () => parse({ a: "-1" }).bigint("a")],
    ["a is odd", () => parse({}).refuse("a is odd")],
  ];
  for (const [reason, work] of cases)
    assert.throws(work, { code: "INVALID_ARGUMENT", message: `/x/state.json is damaged: ${reason}` });
  assert.throws(() => parse({ a: 1 }).fields("a"), {
    message: "/x/state.json: a is damaged: it is no JSON object",
  });
});
