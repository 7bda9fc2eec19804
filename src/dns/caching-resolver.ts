/**
 * A resolver that remembers, in memory.
 *
 * Owns a bounded LRU of answers and the lookups on their way, which everybody
 * who asks the same shares. Promises a cached answer as a plain value, never a
 * promise, so a plain value tells that nobody had to be asked; honours TTLs,
 * negative ones too (RFC 2308), between a floor and a ceiling; keeps a
 * `tempfail` for seconds only, so that a dead server is not asked anew by each
 * step of one request. An answer's `ttlSeconds` stays what it was when it came.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsAnswer, DnsType, Resolver } from './resolver.ts';

export interface CachingResolverOptions {
  /** Default 50,000. */
  readonly maxEntries?: number;
  /** Rough size of all that is kept. Default 32 MiB. */
  readonly maxBytes?: number;
  /** Bounds for the TTL of found answers. Default 1 and 86,400 (a day). */
  readonly minTtlSeconds?: number;
  readonly maxTtlSeconds?: number;
  /** Ceiling for NXDOMAIN and NODATA. Default 3600, of the one to three hours of RFC 2308 §5. */
  readonly maxNegativeTtlSeconds?: number;
  /** How long a failure is kept. Default 2. */
  readonly tempfailTtlSeconds?: number;
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** Plain counters and gauges for metrics, updated in place. */
export interface CacheStats {
  hits: number;
  misses: number;
  /** Lookups that joined one on its way. */
  shared: number;
  evictions: number;
  entries: number;
  bytes: number;
  inFlight: number;
}

interface Entry {
  readonly key: string;
  readonly type: DnsType;
  readonly answer: DnsAnswer;
  readonly expiresMs: number;
  readonly bytes: number;
  newer: Entry | undefined;
  older: Entry | undefined;
}

interface TypeCache {
  readonly entries: Map<string, Entry>;
  readonly inFlight: Map<string, Promise<DnsAnswer>>;
}

/** Entry, map slot and answer without their texts. */
const ENTRY_BYTES = 260;
const RECORD_BYTES = 60;

export class CachingResolver implements Resolver {
  readonly stats: CacheStats = {
    hits: 0,
    misses: 0,
    shared: 0,
    evictions: 0,
    entries: 0,
    bytes: 0,
    inFlight: 0,
  };
  readonly #upstream: Resolver;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #minTtlSeconds: number;
  readonly #maxTtlSeconds: number;
  readonly #maxNegativeTtlSeconds: number;
  readonly #tempfailTtlSeconds: number;
  readonly #now: () => number;
  readonly #types: Readonly<Record<DnsType, TypeCache>> = {
    A: typeCache(),
    AAAA: typeCache(),
    MX: typeCache(),
    NS: typeCache(),
    PTR: typeCache(),
    TXT: typeCache(),
  };
  #newest: Entry | undefined;
  #oldest: Entry | undefined;

  constructor(upstream: Resolver, options: CachingResolverOptions = {}) {
    this.#upstream = upstream;
    this.#maxEntries = options.maxEntries ?? 50_000;
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
    this.#minTtlSeconds = options.minTtlSeconds ?? 1;
    this.#maxTtlSeconds = options.maxTtlSeconds ?? 86_400;
    this.#maxNegativeTtlSeconds = options.maxNegativeTtlSeconds ?? 3_600;
    this.#tempfailTtlSeconds = options.tempfailTtlSeconds ?? 2;
    this.#now = options.now ?? (() => performance.now());
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    const key = name.toLowerCase();
    const cache = this.#types[type];
    const entry = cache.entries.get(key);
    if (entry !== undefined) {
      if (this.#now() < entry.expiresMs) {
        this.stats.hits += 1;
        this.#touch(entry);
        return entry.answer;
      }
      this.#remove(entry);
    }
    const onItsWay = cache.inFlight.get(key);
    if (onItsWay !== undefined) {
      this.stats.shared += 1;
      return onItsWay;
    }
    return this.#ask(key, type, cache);
  }

  #ask(key: string, type: DnsType, cache: TypeCache): PromiseOrValue<DnsAnswer> {
    this.stats.misses += 1;
    const asked = this.#upstream.lookup(key, type);
    // What is answered at once costs nothing to ask again.
    if (!isPromise(asked)) return asked;
    const ownKey = ownString(key);
    const answered = asked.then((answer) => {
      cache.inFlight.delete(ownKey);
      this.stats.inFlight -= 1;
      this.#keep(ownKey, type, answer);
      return answer;
    });
    cache.inFlight.set(ownKey, answered);
    this.stats.inFlight += 1;
    return answered;
  }

  #keep(key: string, type: DnsType, answer: DnsAnswer): void {
    const ttlSeconds = this.#ttlOf(answer);
    if (ttlSeconds <= 0) return;
    const bytes = sizeOf(key, answer);
    const expiresMs = this.#now() + ttlSeconds * 1000;
    const entry: Entry = { key, type, answer, expiresMs, bytes, newer: undefined, older: undefined };
    this.#types[type].entries.set(key, entry);
    this.stats.entries += 1;
    this.stats.bytes += bytes;
    this.#link(entry);
    while (this.stats.entries > this.#maxEntries || this.stats.bytes > this.#maxBytes) {
      if (this.#oldest === undefined) return;
      this.#remove(this.#oldest);
      this.stats.evictions += 1;
    }
  }

  #ttlOf(answer: DnsAnswer): number {
    if (answer.status === 'tempfail') return this.#tempfailTtlSeconds;
    const isFound = answer.status === 'found';
    const maxSeconds = isFound ? this.#maxTtlSeconds : this.#maxNegativeTtlSeconds;
    return Math.min(Math.max(answer.ttlSeconds, this.#minTtlSeconds), maxSeconds);
  }

  #touch(entry: Entry): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#link(entry);
  }

  #remove(entry: Entry): void {
    this.#types[entry.type].entries.delete(entry.key);
    this.#unlink(entry);
    this.stats.entries -= 1;
    this.stats.bytes -= entry.bytes;
  }

  #link(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
  }
}

function typeCache(): TypeCache {
  return { entries: new Map(), inFlight: new Map() };
}

function sizeOf(key: string, answer: DnsAnswer): number {
  let bytes = ENTRY_BYTES + key.length;
  for (const { data, firstString } of answer.records) {
    bytes += RECORD_BYTES + data.length + (firstString?.length ?? 0);
  }
  return bytes;
}

/** A copy that does not keep alive the request the name was cut from. */
function ownString(text: string): string {
  return Buffer.from(text).toString();
}
