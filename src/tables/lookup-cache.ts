/**
 * What a server answered, kept for a few seconds, found or not; failures are
 * not kept. Who asks while the same question is under way shares its answer.
 */
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import { type LookupResult, TableFailure } from './table.ts';

export interface LookupCacheLimits {
  readonly ttlMs: number;
  /** More push the oldest out. */
  readonly maxEntries: number;
}

export const DEFAULT_CACHE_LIMITS: LookupCacheLimits = { ttlMs: 5_000, maxEntries: 10_000 };

/** Longer results are not kept. */
const MAX_KEPT_LENGTH = 1_000;

interface Entry {
  readonly answer: string | undefined;
  readonly untilMs: number;
}

export class LookupCache {
  readonly #ask: (key: string) => Promise<LookupResult>;
  readonly #limits: LookupCacheLimits;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<LookupResult>>();

  /** @param ask never rejects */
  constructor(ask: (key: string) => Promise<LookupResult>, limits: LookupCacheLimits) {
    this.#ask = ask;
    this.#limits = limits;
  }

  lookup(key: string): PromiseOrValue<LookupResult> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && performance.now() < entry.untilMs) return entry.answer;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const asking = this.#ask(key).then((answer) => {
      this.#pending.delete(key);
      this.#keep(key, answer);
      return answer;
    });
    this.#pending.set(key, asking);
    return asking;
  }

  #keep(key: string, answer: LookupResult): void {
    this.#entries.delete(key);
    if (answer instanceof TableFailure) return;
    if (key.length + (answer?.length ?? 0) > MAX_KEPT_LENGTH) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#limits.maxEntries) this.#entries.delete(oldest);
    this.#entries.set(key, { answer, untilMs: performance.now() + this.#limits.ttlMs });
  }
}
