/** Several measurements of one thing. */
export interface Figure {
  /** Whose: "containerd-ts, crun". */
  readonly subject: string;
  /** What differs within the row: "100 containers", "p99". */
  readonly what: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly values: readonly number[];
  /** The figure's subject to be held against: the bare loop of the same runtime. */
  readonly limit?: string;
}

/** One row of the report, measured in one run. */
export interface Result {
  readonly row: string;
  readonly title: string;
  readonly target: string;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that `part` (0 to 1) of all are at or below; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** Three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
