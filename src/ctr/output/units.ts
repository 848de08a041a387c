const units = ["B", "K", "M", "G", "T", "P"];

/** Bytes as people read them: 1.5M. */
export function sizeText(bytes: bigint | number): string {
  let amount = Number(bytes);
  let unit = 0;
  for (; amount >= 1024 && unit < units.length - 1; unit += 1) amount /= 1024;
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)}${units[unit]}`;
}

const bars = "▁▂▃▄▅▆▇█";

/** Numbers as a line of bars, the highest bar being `top` or the highest number. */
export function sparkline(numbers: readonly number[], top = 0): string {
  const highest = Math.max(top, ...numbers) || 1;
  return numbers
    .map((one) => bars[Math.min(bars.length - 1, Math.floor((one / highest) * bars.length))])
    .join("");
}
