/** How many samples tell the distribution; go-metrics' own number for a timer. */
const reservoirSize = 1028;

/** A timer's figures since the daemon's start, in seconds. */
export interface TimerFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stdDev: number;
  /** @param share from 0 to 1: 0.95 is the 95th percentile of the samples */
  percentile(share: number): number;
}

/** Durations: exact count, least, greatest and mean, and a uniform sample of bounded size for the rest (Vitter's algorithm R). */
export class Timer {
  readonly #samples: number[] = [];
  readonly #random: () => number;
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  add(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    this.#min = Math.min(this.#min, seconds);
    this.#max = Math.max(this.#max, seconds);
    if (this.#samples.length < reservoirSize) {
      this.#samples.push(seconds);
      return;
    }
    const place = Math.floor(this.#random() * this.#count);
    if (place < reservoirSize) this.#samples[place] = seconds;
  }

  figures(): TimerFigures {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    const squares = sorted.reduce((sum, sample) => sum + (sample - mean) ** 2, 0);
    return {
      count: this.#count,
      min: this.#count === 0 ? 0 : this.#min,
      max: this.#max,
      mean,
      stdDev: sorted.length === 0 ? 0 : Math.sqrt(squares / sorted.length),
      percentile: (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0,
    };
  }
}
