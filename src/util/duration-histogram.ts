/**
 * A histogram with fixed buckets: an increment a sample, nothing allocated.
 */

/** Upper bounds in seconds: from an answer out of memory to the decision deadline. */
export const DURATION_BOUNDS: readonly number[] = Object.freeze([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60,
]);

export class DurationHistogram {
  /** Samples in each bucket, not cumulated; the last is for those beyond all bounds. */
  readonly #counts = new Float64Array(DURATION_BOUNDS.length + 1);
  #sum = 0;

  observe(seconds: number): void {
    this.#sum += seconds;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  get sum(): number {
    return this.#sum;
  }

  /**
   * The duration in seconds that this share of samples did not exceed, as
   * closely as the bounds tell; undefined: there are no samples.
   *
   * @param share from 0 to 1
   */
  quantile(share: number): number | undefined {
    const cumulated = this.cumulated();
    const all = cumulated.at(-1) ?? 0;
    if (all === 0) return undefined;
    const rank = share * all;
    const bucket = cumulated.findIndex((count) => count >= rank);
    const upper = DURATION_BOUNDS[bucket];
    const lower = bucket > 0 ? (DURATION_BOUNDS[bucket - 1] as number) : 0;
    // Beyond all bounds nothing more is known.
    if (upper === undefined) return lower;
    const before = bucket > 0 ? (cumulated[bucket - 1] as number) : 0;
    const inBucket = (cumulated[bucket] as number) - before;
    return lower + (upper - lower) * (inBucket === 0 ? 1 : (rank - before) / inBucket);
  }

  /** Cumulated, as the exposition wants them: how many samples were at or below each bound, then all. */
  cumulated(): number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => {
      total += count;
      return total;
    });
  }
}
