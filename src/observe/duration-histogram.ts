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

  /** Cumulated, as the exposition wants them: how many samples were at or below each bound, then all. */
  cumulated(): number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => {
      total += count;
      return total;
    });
  }
}
