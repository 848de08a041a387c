/**
 * A number of bytes as people write it: "64k", "10M", "1g", "1024"; the units are powers of 1024.
 *
 * @throws RangeError with the text
 */
export function parseByteSize(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,12}(?:\.\d+)?)([kmgt]?)b?$/i.exec(text) ?? [];
  const bytes =
    digits === undefined
      ? Number.NaN
      : Math.round(Number(digits) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " "));
  if (!Number.isSafeInteger(bytes))
    throw new RangeError(`invalid size ${JSON.stringify(text)}: write it as 1024, 64k or 10M`);
  return bytes;
}
