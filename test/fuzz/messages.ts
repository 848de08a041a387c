import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

/** Texts that have broken one program or another: traversal, NUL, line ends, terminals, shells, formats, long ones, broken Unicode. */
const nasty = [
  ...[
    "",
    ".",
    "..",
    "../..",
    "../../etc/passwd",
    "/",
    "/etc/passwd",
    "/dev/null",
    "/proc/self/mem",
    "//",
    "a/../b",
  ],
  ...[
    "a\0b",
    "\0",
    "a\n",
    "\r\n",
    "\u001b[2J",
    "-",
    "--help",
    "-rf",
    "$(id)",
    "`id`",
    "; id",
    "%s%n",
    "{}",
    "null",
  ],
  ...[
    "init",
    "state.json",
    "oom",
    "lock",
    "events.log",
    "__proto__",
    "constructor",
    "toString",
    "NaN",
    "1e999",
  ],
  ...[
    "running",
    "paused",
    "stopped",
    "ä",
    "\u202e",
    "\ufeff",
    "x".repeat(255),
    "x".repeat(256),
    "x".repeat(70_000),
  ],
];

const numbers = [0, 1, 9, 19, 64, 65, 255, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const large = [0n, 1n, 4096n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

/** Plausible strings, by the field's name: ids that exist, bundles that are there. */
export type Plausible = Readonly<Record<string, readonly string[]>>;

/** Any message of a schema, field by field: each is absent, plausible or vicious. */
export function anyMessage(schema: DescMessage, plausible: Plausible = {}): fc.Arbitrary<MessageInit> {
  const fields = Object.fromEntries(
    schema.fields.map((field) => [field.localName, anyField(field, plausible)]),
  );
  return fc.record(fields, { requiredKeys: [] });
}

type MessageInit = Record<string, unknown>;

function anyField(field: DescField, plausible: Plausible): fc.Arbitrary<unknown> {
  if (field.fieldKind === "list") {
    const item =
      field.listKind === "message"
        ? anyMessage(field.message, plausible)
        : anyScalar(field.scalar ?? ScalarType.STRING, plausible[field.localName]);
    return fc.array(item, { maxLength: 4 });
  }
  if (field.fieldKind === "message") return anyMessage(field.message, plausible);
  return anyScalar(field.scalar ?? ScalarType.STRING, plausible[field.localName]);
}

function anyScalar(type: ScalarType, plausible: readonly string[] = []): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.oneof(
        { weight: plausible.length === 0 ? 0 : 6, arbitrary: fc.constantFrom(...plausible, "") },
        { weight: 3, arbitrary: fc.constantFrom(...nasty) },
        // a lone surrogate cannot be in a message at all
        { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
      );
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT64:
    case ScalarType.UINT64: {
      const most = type === ScalarType.INT64 ? 2n ** 63n - 1n : 2n ** 64n - 1n;
      const least = type === ScalarType.INT64 ? [-1n, -(2n ** 63n)] : [];
      return fc.constantFrom(...large.filter((value) => value <= most), ...least);
    }
    case ScalarType.INT32:
      return fc.constantFrom(...numbers.filter((value) => value < 2 ** 31), -1, -(2 ** 31));
    default:
      return fc.constantFrom(...numbers);
  }
}
