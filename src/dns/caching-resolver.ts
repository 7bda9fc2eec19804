/**
 * A resolver that remembers: in memory, and in a store shared with other
 * servers where there is one.
 *
 * Owns the lookups on their way, which everybody who asks the same shares, and
 * the rules of time. Promises a cached answer as a plain value, never a
 * promise, so a plain value tells that nobody had to be asked; honours TTLs,
 * negative ones too (RFC 2308), between floors and ceilings; keeps a `tempfail`
 * for seconds only, so that a dead server is not asked anew by each step of
 * one request. Serves stale answers (RFC 8767) only where it is told to. An
 * answer's `ttlSeconds` stays what it was when it came.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { AnswerCache, type CacheEntry } from './answer-cache.ts';
import { askTiers, isShared, type TierAnswer } from './ask-tiers.ts';
import { wireName } from './query-name.ts';
import { DNS_TYPES, type DnsAnswer, type DnsType, type Resolver } from './resolver.ts';
import type { SharedAnswers } from './shared-answers.ts';

export interface CachingResolverOptions {
  /** Default 50,000. */
  readonly maxEntries?: number;
  /** Rough size of all that is kept. Default 32 MiB. */
  readonly maxBytes?: number;
  /** Bounds for the TTL of found answers. Default 1 and 86,400 (a day). */
  readonly minTtlSeconds?: number;
  readonly maxTtlSeconds?: number;
  /** Bounds for NXDOMAIN and NODATA. Default 1 and 3600, of the one to three hours of RFC 2308 §5. */
  readonly minNegativeTtlSeconds?: number;
  readonly maxNegativeTtlSeconds?: number;
  /** How long a failure is kept. Default 2. */
  readonly tempfailTtlSeconds?: number;
  /** How long after its TTL an answer is given at once, while it is asked for anew. Default 0: never. */
  readonly revalidateSeconds?: number;
  /** How long after its TTL an answer stands in for one that cannot be had (RFC 8767). Default 0: never. */
  readonly staleSeconds?: number;
  /** Answers shared with other servers. Default none. */
  readonly shared?: SharedAnswers;
  /** How long the shared store is asked alone, before the DNS is too. Default 10. */
  readonly headStartMs?: number;
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** Counters and gauges for metrics, as they are now. */
export interface CacheStats {
  hits: number;
  misses: number;
  /** Lookups that joined one on its way. */
  shared: number;
  /** Lookups answered after the TTL; they are not among the hits. */
  stale: number;
  evictions: number;
  entries: number;
  bytes: number;
  inFlight: number;
}

/** What is kept of a name and type. */
export interface CachedAnswer {
  readonly tier: 'memory' | 'shared';
  readonly type: DnsType;
  readonly answer: DnsAnswer;
  /** Until its TTL ends; negative when that is over, and it could only be served stale. */
  readonly remainingSeconds: number;
}

export interface FlushResult {
  /** Answers that memory kept. */
  readonly entries: number;
  /** Whether the shared ones are gone too; undefined where there are none. */
  readonly isSharedFlushed: boolean | undefined;
}

/** RFC 8767 §5: after a failure the servers are left alone for so long. */
const STALE_RECHECK_MS = 30_000;
/** RFC 8767 §5: who waits for so long gets the stale answer. */
const STALE_ANSWER_AFTER_MS = 1_800;

/** A lookup on its way. `flushes`: how often the cache had been flushed when it began. */
interface Flight {
  readonly flushes: number;
  answered: Promise<DnsAnswer>;
}

export class CachingResolver implements Resolver {
  readonly #upstream: Resolver;
  readonly #shared: SharedAnswers | undefined;
  readonly #cache: AnswerCache;
  readonly #minTtlSeconds: number;
  readonly #maxTtlSeconds: number;
  readonly #minNegativeTtlSeconds: number;
  readonly #maxNegativeTtlSeconds: number;
  readonly #tempfailTtlSeconds: number;
  readonly #revalidateMs: number;
  readonly #staleMs: number;
  readonly #headStartMs: number;
  readonly #now: () => number;
  readonly #flights: Readonly<Record<DnsType, Map<string, Flight>>> = {
    A: new Map(),
    AAAA: new Map(),
    MX: new Map(),
    NS: new Map(),
    PTR: new Map(),
    TXT: new Map(),
  };
  readonly #counts = { hits: 0, misses: 0, shared: 0, stale: 0, inFlight: 0 };
  #flushes = 0;

  constructor(upstream: Resolver, options: CachingResolverOptions = {}) {
    this.#upstream = upstream;
    this.#shared = options.shared;
    this.#minTtlSeconds = options.minTtlSeconds ?? 1;
    this.#maxTtlSeconds = options.maxTtlSeconds ?? 86_400;
    this.#minNegativeTtlSeconds = options.minNegativeTtlSeconds ?? 1;
    this.#maxNegativeTtlSeconds = options.maxNegativeTtlSeconds ?? 3_600;
    this.#tempfailTtlSeconds = options.tempfailTtlSeconds ?? 2;
    this.#revalidateMs = (options.revalidateSeconds ?? 0) * 1000;
    this.#staleMs = (options.staleSeconds ?? 0) * 1000;
    this.#headStartMs = options.headStartMs ?? 10;
    this.#now = options.now ?? (() => performance.now());
    this.#cache = new AnswerCache({
      maxEntries: options.maxEntries ?? 50_000,
      maxBytes: options.maxBytes ?? 32 * 1024 * 1024,
      usefulAfterTtlMs: Math.max(this.#revalidateMs, this.#staleMs),
    });
  }

  get stats(): CacheStats {
    const { entries, bytes, evictions } = this.#cache;
    return { ...this.#counts, entries, bytes, evictions };
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    const key = name.toLowerCase();
    const entry = this.#cache.find(key, type);
    if (entry !== undefined) {
      const nowMs = this.#now();
      if (nowMs < entry.freshUntilMs) {
        if (nowMs < entry.ttlEndMs) this.#counts.hits += 1;
        else this.#counts.stale += 1;
        this.#cache.touch(entry, nowMs);
        return entry.answer;
      }
      if (this.#mayRevalidate(entry, nowMs)) return this.#revalidate(entry);
    }
    const onItsWay = this.#flights[type].get(key);
    if (onItsWay !== undefined) {
      this.#counts.shared += 1;
      return onItsWay.answered;
    }
    return this.#ask(key, type, entry);
  }

  /** What memory last heard, in force or not, without asking anybody: for statistics. */
  peek(name: string, type: DnsType): DnsAnswer | undefined {
    return this.#cache.find(name.toLowerCase(), type)?.answer;
  }

  /** What both tiers keep of a name, whatever the type. A shared store that does not answer has nothing. */
  async cachedAnswers(name: string): Promise<CachedAnswer[]> {
    const key = name.toLowerCase();
    const nowMs = this.#now();
    const found: CachedAnswer[] = this.#cache.entriesOf(key).map(({ type, answer, ttlEndMs }) => {
      return { tier: 'memory', type, answer, remainingSeconds: (ttlEndMs - nowMs) / 1000 };
    });
    const shared = this.#shared;
    if (shared === undefined || !shared.isUsable) return found;
    const answers = await Promise.all(DNS_TYPES.map((type) => shared.peek(key, type)));
    for (const [index, type] of DNS_TYPES.entries()) {
      const one = answers[index];
      if (one === undefined) continue;
      const { answer, remainingMs } = one;
      found.push({ tier: 'shared', type, answer, remainingSeconds: remainingMs / 1000 });
    }
    return found;
  }

  /**
   * Forgets a name, or everything; lookups on their way are answered, and not
   * kept. Other servers keep what they hold in memory.
   */
  async flush(name?: string): Promise<FlushResult> {
    this.#flushes += 1;
    for (const flights of Object.values(this.#flights)) flights.clear();
    const before = this.#cache.entries;
    const key = name?.toLowerCase();
    if (key === undefined) this.#cache.clear();
    else for (const entry of this.#cache.entriesOf(key)) this.#cache.remove(entry);
    const entries = before - this.#cache.entries;
    if (this.#shared === undefined) return { entries, isSharedFlushed: undefined };
    try {
      await this.#shared.flush(key);
      return { entries, isSharedFlushed: true };
    } catch {
      return { entries, isSharedFlushed: false };
    }
  }

  #mayRevalidate({ answer, ttlEndMs }: CacheEntry, nowMs: number): boolean {
    return this.#revalidateMs > 0 && answer.status !== 'tempfail' && nowMs < ttlEndMs + this.#revalidateMs;
  }

  #revalidate(entry: CacheEntry): DnsAnswer {
    this.#counts.stale += 1;
    const { key, type, answer } = entry;
    if (!this.#flights[type].has(key)) void this.#ask(key, type, undefined);
    return answer;
  }

  /** @param old what may stand in for an answer that takes long */
  #ask(key: string, type: DnsType, old: CacheEntry | undefined): PromiseOrValue<DnsAnswer> {
    this.#counts.misses += 1;
    const ownKey = ownString(key);
    const flight = { flushes: this.#flushes } as Flight;
    const asked = this.#askTiers(ownKey, type, flight);
    // What is answered at once costs nothing to ask again.
    if (!isPromise<TierAnswer>(asked)) {
      return asked.status === 'tempfail' && old !== undefined && this.#isOfUse(old)
        ? this.#standIn(old)
        : asked;
    }
    const answered = asked.then((answer) => this.#finish(flight, ownKey, type, answer));
    flight.answered = old === undefined ? answered : this.#orStale(answered, old);
    this.#flights[type].set(ownKey, flight);
    this.#counts.inFlight += 1;
    return flight.answered;
  }

  #askTiers(key: string, type: DnsType, flight: Flight): DnsAnswer | Promise<TierAnswer> {
    const shared = this.#shared;
    // Names that nobody can be asked for are answered at once.
    if (shared === undefined || wireName(key, type) === undefined) return this.#upstream.lookup(key, type);
    if (!shared.isUsable) {
      shared.stats.skipped += 1;
      return this.#upstream.lookup(key, type);
    }
    return askTiers({
      askStore: () => shared.find(key, type),
      askDns: () => this.#upstream.lookup(key, type),
      headStartMs: this.#headStartMs,
      onLate: (answer) => {
        if (answer.status !== 'tempfail') this.#keep(flight, key, type, answer);
      },
    });
  }

  #finish(flight: Flight, key: string, type: DnsType, answer: TierAnswer): DnsAnswer {
    const flights = this.#flights[type];
    if (flights.get(key) === flight) flights.delete(key);
    this.#counts.inFlight -= 1;
    if (isShared(answer)) {
      const ttlMs = Math.min(answer.remainingMs, this.#boundsOf(answer.answer)[1] * 1000);
      if (flight.flushes === this.#flushes) this.#store(key, type, answer.answer, ttlMs);
      return answer.answer;
    }
    return this.#keep(flight, key, type, answer);
  }

  /** Returns what to answer: something stale rather than a failure. */
  #keep(flight: Flight, key: string, type: DnsType, answer: DnsAnswer): DnsAnswer {
    if (flight.flushes !== this.#flushes) return answer;
    if (answer.status === 'tempfail') {
      const old = this.#cache.find(key, type);
      if (old !== undefined && this.#isOfUse(old)) return this.#standIn(old);
      this.#store(key, type, answer, this.#tempfailTtlSeconds * 1000);
      return answer;
    }
    const [minSeconds, maxSeconds] = this.#boundsOf(answer);
    const ttlMs = Math.min(Math.max(answer.ttlSeconds, minSeconds), maxSeconds) * 1000;
    this.#store(key, type, answer, ttlMs);
    this.#shared?.keep(key, type, answer, ttlMs);
    return answer;
  }

  #store(key: string, type: DnsType, answer: DnsAnswer, ttlMs: number): void {
    const nowMs = this.#now();
    if (ttlMs > 0) this.#cache.keep(key, type, answer, nowMs, nowMs + ttlMs);
  }

  #boundsOf({ status }: DnsAnswer): readonly [minSeconds: number, maxSeconds: number] {
    return status === 'found'
      ? [this.#minTtlSeconds, this.#maxTtlSeconds]
      : [this.#minNegativeTtlSeconds, this.#maxNegativeTtlSeconds];
  }

  /** May it be served in the place of an answer that cannot be had? */
  #isOfUse({ answer, ttlEndMs }: CacheEntry): boolean {
    return this.#staleMs > 0 && answer.status !== 'tempfail' && this.#now() < ttlEndMs + this.#staleMs;
  }

  #standIn(old: CacheEntry): DnsAnswer {
    this.#counts.stale += 1;
    old.freshUntilMs = Math.min(this.#now() + STALE_RECHECK_MS, old.ttlEndMs + this.#staleMs);
    return old.answer;
  }

  #orStale(answered: Promise<DnsAnswer>, old: CacheEntry): Promise<DnsAnswer> {
    if (!this.#isOfUse(old)) return answered;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.#standIn(old)), STALE_ANSWER_AFTER_MS);
      void answered.then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }
}

/** A copy that does not keep alive the request the name was cut from. */
function ownString(text: string): string {
  return Buffer.from(text).toString();
}
