/**
 * The DNS answers that are kept in memory, and which of them go when room is
 * short.
 *
 * Owns a segmented LRU: a new answer is on probation; one that somebody asks
 * for again, later than the session that brought it, is protected, up to four
 * fifths of the room. Names that strangers choose (HELO, sender) come once, so
 * a flood of them drives out each other and not the answers of clients that
 * come regularly. Promises the bounds on entries and bytes after every call.
 * Knows no clock, no TTL rules and nobody to ask.
 */
import type { DnsAnswer, DnsType } from './resolver.ts';

export interface AnswerCacheLimits {
  readonly maxEntries: number;
  /** Rough size of all that is kept. */
  readonly maxBytes: number;
  /** How long after its TTL an answer is still of some use. Default 0. */
  readonly usefulAfterTtlMs?: number;
}

/**
 * Being asked for again counts from so long after an answer came: the step
 * that an answer was asked ahead for, and the recipients of one mail, ask at
 * once and tell nothing of another visit.
 */
const REUSE_AFTER_MS = 5_000;
const PROTECTED_SHARE = 0.8;
/** Entry, map slot and answer without their texts, as measured (docs/benchmark.md). */
const ENTRY_BYTES = 300;
const RECORD_BYTES = 60;

export class CacheEntry {
  readonly key: string;
  readonly type: DnsType;
  answer: DnsAnswer;
  /** Until then it is answered as it is; times are those of the cache's owner. */
  freshUntilMs: number;
  /** When the TTL of the answer ends: earlier than `freshUntilMs` where it is served stale. */
  ttlEndMs: number;
  bornMs: number;
  bytes: number;
  segment: Segment;
  newer: CacheEntry | undefined = undefined;
  older: CacheEntry | undefined = undefined;

  constructor(key: string, type: DnsType, answer: DnsAnswer, nowMs: number, segment: Segment) {
    this.key = key;
    this.type = type;
    this.answer = answer;
    this.freshUntilMs = nowMs;
    this.ttlEndMs = nowMs;
    this.bornMs = nowMs;
    this.bytes = sizeOf(key, answer);
    this.segment = segment;
  }
}

export class AnswerCache {
  evictions = 0;
  readonly #limits: AnswerCacheLimits;
  readonly #names: Readonly<Record<DnsType, Map<string, CacheEntry>>> = {
    A: new Map(),
    AAAA: new Map(),
    MX: new Map(),
    NS: new Map(),
    PTR: new Map(),
    TXT: new Map(),
  };
  readonly #probation = new Segment();
  readonly #protected = new Segment();

  constructor(limits: AnswerCacheLimits) {
    this.#limits = limits;
  }

  get entries(): number {
    return this.#probation.entries + this.#protected.entries;
  }

  get bytes(): number {
    return this.#probation.bytes + this.#protected.bytes;
  }

  /** `key` in lower case. Fresh or not: that is the owner's to judge. */
  find(key: string, type: DnsType): CacheEntry | undefined {
    return this.#names[type].get(key);
  }

  /** Notes that an entry was of use. */
  touch(entry: CacheEntry, nowMs: number): void {
    const { segment } = entry;
    if (segment === this.#probation) {
      if (nowMs - entry.bornMs < REUSE_AFTER_MS) return;
      segment.unlink(entry);
      this.#protect(entry);
    } else if (segment.newest !== entry) {
      segment.unlink(entry);
      segment.link(entry);
    }
  }

  /**
   * Keeps an answer, in the place of an older one to the same question, until
   * `untilMs`; `undefined` when there is no room for its like.
   */
  keep(
    key: string,
    type: DnsType,
    answer: DnsAnswer,
    nowMs: number,
    untilMs: number,
  ): CacheEntry | undefined {
    const names = this.#names[type];
    let entry = names.get(key);
    if (sizeOf(key, answer) > this.#limits.maxBytes) {
      if (entry !== undefined) this.remove(entry);
      return undefined;
    }
    if (entry === undefined) {
      entry = new CacheEntry(key, type, answer, nowMs, this.#probation);
      names.set(key, entry);
      this.#probation.link(entry);
    } else {
      const { segment } = entry;
      segment.unlink(entry);
      entry.answer = answer;
      entry.bytes = sizeOf(key, answer);
      segment.link(entry);
      // Somebody asked, or it would not have been asked for anew.
      this.touch(entry, nowMs);
    }
    entry.freshUntilMs = untilMs;
    entry.ttlEndMs = untilMs;
    this.#makeRoom(nowMs);
    return names.get(key) === entry ? entry : undefined;
  }

  remove(entry: CacheEntry): void {
    this.#names[entry.type].delete(entry.key);
    entry.segment.unlink(entry);
  }

  /** The entries of one name, of all types. */
  entriesOf(key: string): CacheEntry[] {
    return Object.values(this.#names).flatMap((names) => names.get(key) ?? []);
  }

  clear(): void {
    for (const names of Object.values(this.#names)) names.clear();
    this.#probation.clear();
    this.#protected.clear();
  }

  #protect(entry: CacheEntry): void {
    const all = this.#protected;
    all.link(entry);
    const { maxEntries, maxBytes } = this.#limits;
    while (all.entries > maxEntries * PROTECTED_SHARE || all.bytes > maxBytes * PROTECTED_SHARE) {
      const { oldest } = all;
      if (oldest === undefined) return;
      all.unlink(oldest);
      this.#probation.link(oldest);
    }
  }

  #makeRoom(nowMs: number): void {
    const { maxEntries, maxBytes, usefulAfterTtlMs = 0 } = this.#limits;
    while (this.entries > maxEntries || this.bytes > maxBytes) {
      const { oldest } = this.#protected;
      // Nothing is worth protecting that has to be asked for again.
      const isOver = oldest !== undefined && oldest.ttlEndMs + usefulAfterTtlMs < nowMs;
      const victim = isOver ? oldest : (this.#probation.oldest ?? oldest);
      if (victim === undefined) return;
      this.remove(victim);
      this.evictions += 1;
    }
  }
}

/** A list of entries by their last use. */
class Segment {
  entries = 0;
  bytes = 0;
  newest: CacheEntry | undefined = undefined;
  oldest: CacheEntry | undefined = undefined;

  link(entry: CacheEntry): void {
    entry.segment = this;
    entry.older = this.newest;
    entry.newer = undefined;
    if (this.newest !== undefined) this.newest.newer = entry;
    this.newest = entry;
    this.oldest ??= entry;
    this.entries += 1;
    this.bytes += entry.bytes;
  }

  unlink(entry: CacheEntry): void {
    if (entry.newer === undefined) this.newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    this.entries -= 1;
    this.bytes -= entry.bytes;
  }

  clear(): void {
    this.entries = 0;
    this.bytes = 0;
    this.newest = undefined;
    this.oldest = undefined;
  }
}

function sizeOf(key: string, answer: DnsAnswer): number {
  let bytes = ENTRY_BYTES + key.length;
  for (const { data, firstString } of answer.records) {
    bytes += RECORD_BYTES + data.length + (firstString?.length ?? 0);
  }
  return bytes;
}
