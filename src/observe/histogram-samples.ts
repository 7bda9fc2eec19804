/** A histogram as the exposition has it: a sample for each bound, then the sum and the count. */
import { DURATION_BOUNDS } from '../util/duration-histogram.ts';
import type { Labels, Sample } from './metrics.ts';

/**
 * @param cumulated samples at or below each bound, then all of them
 * @param sum of all samples
 */
export function* histogramSamples(
  labels: Labels,
  cumulated: readonly number[],
  sum: number,
  bounds: readonly number[] = DURATION_BOUNDS,
): Generator<Sample> {
  for (const [index, value] of cumulated.entries()) {
    const bound = bounds[index];
    const le = bound === undefined ? '+Inf' : String(bound);
    yield { labels: { ...labels, le }, value, suffix: '_bucket' };
  }
  yield { labels, value: sum, suffix: '_sum' };
  yield { labels, value: cumulated.at(-1) ?? 0, suffix: '_count' };
}
