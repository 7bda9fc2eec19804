/** What a connection counts of itself; read when somebody scrapes. */
import type { RedisFailureKind } from './redis-failure.ts';

/** Upper bounds in seconds; what is slower is in `+Inf`. */
export const LATENCY_BOUNDS: readonly number[] = Object.freeze([
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
]);

export class RedisStats {
  /** Commands answered, error replies included. */
  answered = 0;
  readonly failures: Record<RedisFailureKind, number> = {
    down: 0,
    timeout: 0,
    lost: 0,
    overloaded: 0,
    refused: 0,
  };
  /** Sent and not yet settled. */
  inFlight = 0;
  /** Times that Redis was found down. */
  outages = 0;
  /** Seconds, summed over `answered`. */
  latencySum = 0;
  readonly #latencies = new Float64Array(LATENCY_BOUNDS.length + 1);

  observe(seconds: number): void {
    this.answered += 1;
    this.latencySum += seconds;
    let index = 0;
    while (index < LATENCY_BOUNDS.length && seconds > (LATENCY_BOUNDS[index] ?? 0)) index += 1;
    this.#latencies[index] = (this.#latencies[index] ?? 0) + 1;
  }

  /** How many were answered within each bound, the last of them without bound. */
  latencies(): number[] {
    let sum = 0;
    return Array.from(this.#latencies, (count) => {
      sum += count;
      return sum;
    });
  }
}
