import { type Fields, fieldsOf, isScalar } from "../../client/raw.ts";

/** JSON for programs: 64-bit numbers are numbers, moments are RFC 3339. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? rawNumber(one) : one));
}

/** JSON.stringify has no bigint; the text of one is a number in JSON all the same. */
function rawNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
}

/** A message as containerd 0.2.x's ctr prints it: fields by their names on the wire, those with no value left out. */
export function messageJson(message: string, value: object): string {
  return json(plain(message, value as Fields));
}

function plain(message: string, value: Fields): Fields {
  const entries = fieldsOf(message).flatMap(({ name, key, type, shape }): [string, unknown][] => {
    const held = value[key];
    const each = (one: unknown) => (isScalar(type) ? one : plain(type, one as Fields));
    if (held === undefined || held === "" || held === false || held === 0 || held === 0n) return [];
    if (shape === "[]")
      return (held as unknown[]).length === 0 ? [] : [[name, (held as unknown[]).map(each)]];
    if (shape === "") return [[name, each(held)]];
    const map = Object.entries(held as Fields).map(([one, its]) => [one, each(its)] as const);
    return map.length === 0 ? [] : [[name, Object.fromEntries(map)]];
  });
  return Object.fromEntries(entries);
}
