import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/** JSON for programs: 64-bit numbers are numbers, moments are RFC 3339. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? rawNumber(one) : one));
}

/** JSON.stringify has no bigint; the text of one is a number in JSON all the same. */
function rawNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
}

/** A message as containerd 0.2.x's ctr prints it: fields by their names on the wire, those with no value left out. */
export function messageJson(schema: DescMessage, message: Message): string {
  return json(plain(reflect(schema, message)));
}

function plain(message: ReflectMessage): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const field of message.sortedFields) {
    if (message.isSet(field)) entries.push([field.name, value(message, field)]);
  }
  return Object.fromEntries(entries);
}

function value(message: ReflectMessage, field: DescField): unknown {
  switch (field.fieldKind) {
    case "message":
      return plain(message.get(field));
    case "list":
      return [...message.get(field)].map((one) =>
        field.listKind === "message" ? plain(one as ReflectMessage) : one,
      );
    case "map":
      return Object.fromEntries(
        [...message.get(field)].map(([key, one]) => [
          String(key),
          field.mapKind === "message" ? plain(one as ReflectMessage) : one,
        ]),
      );
    default:
      return message.get(field);
  }
}
