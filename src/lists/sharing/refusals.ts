/** Tells of refusals by Redis once, and once when they end; and how long to wait before the next attempt. */
import type { RedisFailure } from '../../redis/redis-failure.ts';
import type { SharingEvents } from './sharing-events.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

export class Refusals {
  readonly #events: SharingEvents;
  #code: string | undefined;
  #reason = '';
  #waitMs = FIRST_WAIT_MS;

  constructor(events: SharingEvents) {
    this.#events = events;
  }

  /** Why Redis does not take what is sent; '' if it does. */
  get reason(): string {
    return this.#reason;
  }

  /** @returns milliseconds until it is worth another attempt */
  note(failure: RedisFailure): number {
    if (failure.kind !== 'refused') return FIRST_WAIT_MS;
    this.#reason = failure.reason;
    if (failure.code !== this.#code) {
      this.#code = failure.code;
      this.#waitMs = FIRST_WAIT_MS;
      this.#events.redis_refuses({ code: failure.code, reason: failure.reason });
    }
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    return waitMs;
  }

  end(): void {
    if (this.#code === undefined) return;
    this.#code = undefined;
    this.#reason = '';
    this.#events.redis_accepts({});
  }
}
