import { Failure } from "./errors.ts";

const pattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/** Whether it may be part of a path: no separator, no leading dot, at most 255 characters. */
export function isId(value: string): boolean {
  return pattern.test(value);
}

/**
 * Refuses what may not become part of a path.
 *
 * @param what whose id it is, as the sentence's subject: "container id"
 * @throws INVALID_ARGUMENT with the rule and the value
 */
export function checkId(what: string, value: string): void {
  if (isId(value)) return;
  const shown =
    value.length > 64
      ? `${JSON.stringify(value.slice(0, 64))}… (${value.length} characters)`
      : JSON.stringify(value);
  throw new Failure(
    "INVALID_ARGUMENT",
    `invalid ${what} ${shown}: it begins with a letter or digit, goes on with letters, digits, "_", "." or "-", and has at most 255 characters`,
  );
}
