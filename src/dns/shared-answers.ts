/**
 * The DNS answers that all servers of one store share: the second tier of the
 * cache.
 *
 * Owns keys, what is worth sharing, and the judgement of what it finds there.
 * Promises that an answer keeps the time it has left, wherever it is read;
 * that negative answers are shared and failures are not, nor are the messages
 * that DNSBLs send to one resolver in the place of an answer; that what is
 * held back is shared when it is believed, or never; that a value that is not
 * such an answer is passed over, counted and soon replaced. Never rejects: a
 * store that fails has no answer.
 */
import { parseIpv4 } from '../net/ip-address.ts';
import { MAX_ANSWER_TEXT, readAnswerText, writeAnswer } from './answer-text.ts';
import { errorAnswersOf } from './dnsbl-error-answers.ts';
import { DNS_TYPES, type DnsAnswer, type DnsType } from './resolver.ts';
import type { SharedStore } from './shared-store.ts';

/** Plain counters for metrics, updated in place. */
export interface SharedAnswersStats {
  hits: number;
  misses: number;
  /** The store failed, or was late. */
  errors: number;
  /** Values that are no answers, or not to the question they stand for. */
  invalid: number;
  /** Lookups that did not ask the store: it is known not to answer. */
  skipped: number;
  writes: number;
}

export interface SharedAnswer {
  /** Its `ttlSeconds` are those it has left. */
  readonly answer: DnsAnswer;
  readonly remainingMs: number;
}

/** Is an answer for this server alone, until it is released? */
export type HoldBack = (name: string, type: DnsType, answer: DnsAnswer) => boolean;

interface HeldBack {
  readonly name: string;
  readonly type: DnsType;
  readonly endMs: number;
}

/** Where the keys begin; what stands before it is the store's own prefix. */
export const KEY_PREFIX = 'dns:1:';
/** Of clocks and rounding, between the server that wrote a value and us. */
const TTL_TOLERANCE_MS = 1_000;
const ERROR_RANGE = /^127\./;

export class SharedAnswers {
  readonly stats: SharedAnswersStats = { hits: 0, misses: 0, errors: 0, invalid: 0, skipped: 0, writes: 0 };
  readonly #store: SharedStore;
  readonly #maxTtlMs: number;
  readonly #isHeldBack: HoldBack;
  /** Answers that wait for `release`, with how they would be shared. */
  readonly #heldBack = new WeakMap<DnsAnswer, HeldBack>();

  /**
   * @param maxTtlSeconds the longest that any server keeps an answer; more is taken for a forgery
   * @param isHeldBack which answers are not shared before `release`; default: none
   */
  constructor(store: SharedStore, maxTtlSeconds: number, isHeldBack: HoldBack = () => false) {
    this.#store = store;
    this.#maxTtlMs = maxTtlSeconds * 1000;
    this.#isHeldBack = isHeldBack;
  }

  get isUsable(): boolean {
    return this.#store.isUsable;
  }

  /** `name` in lower case. */
  async find(name: string, type: DnsType): Promise<SharedAnswer | undefined> {
    const found = await this.#read(name, type);
    if (typeof found !== 'string') {
      this.stats.hits += 1;
      return found;
    }
    this.stats[found] += 1;
    return undefined;
  }

  /** The same, for whoever only wants to see: it is not counted. */
  async peek(name: string, type: DnsType): Promise<SharedAnswer | undefined> {
    const found = await this.#read(name, type);
    return typeof found === 'string' ? undefined : found;
  }

  async #read(name: string, type: DnsType): Promise<SharedAnswer | 'errors' | 'misses' | 'invalid'> {
    let found: Awaited<ReturnType<SharedStore['get']>>;
    try {
      found = await this.#store.get(keyOf(name, type), MAX_ANSWER_TEXT + 1);
    } catch {
      return 'errors';
    }
    if (found === undefined) return 'misses';
    const { text, remainingMs } = found;
    const isPossible = remainingMs >= 0 && remainingMs <= this.#maxTtlMs + TTL_TOLERANCE_MS;
    const answer = isPossible ? readAnswerText(text, name, type) : undefined;
    if (answer === undefined) return 'invalid';
    return { answer: { ...answer, ttlSeconds: Math.floor(remainingMs / 1000) }, remainingMs };
  }

  /** Shares an answer for so long. Nobody waits for it. */
  keep(name: string, type: DnsType, answer: DnsAnswer, ttlMs: number): void {
    if (isMessage(name, type, answer)) return;
    if (this.#isHeldBack(name, type, answer)) {
      this.#heldBack.set(answer, { name, type, endMs: performance.now() + ttlMs });
    } else this.#write(name, type, answer, ttlMs);
  }

  /** Shares an answer that was held back, for the time it has left. */
  release(answer: DnsAnswer): void {
    const held = this.#heldBack.get(answer);
    if (held === undefined) return;
    this.#heldBack.delete(answer);
    this.#write(held.name, held.type, answer, held.endMs - performance.now());
  }

  #write(name: string, type: DnsType, answer: DnsAnswer, ttlMs: number): void {
    if (ttlMs < 1 || !this.#store.isUsable) return;
    const text = writeAnswer(name, type, answer);
    if (text === undefined) return;
    this.stats.writes += 1;
    this.#store.set(keyOf(name, type), text, Math.min(Math.floor(ttlMs), this.#maxTtlMs));
  }

  /** @throws Error when the store did not confirm it */
  async flush(name: string | undefined): Promise<void> {
    if (name === undefined) await this.#store.deleteAll(KEY_PREFIX);
    else await this.#store.delete(DNS_TYPES.map((type) => keyOf(name, type)));
  }
}

function keyOf(name: string, type: DnsType): string {
  return `${KEY_PREFIX}${type}:${name}`;
}

/** What a DNSBL says to one resolver, "you ask too much", is not for servers that ask through another. */
function isMessage(name: string, type: DnsType, { records }: DnsAnswer): boolean {
  if (type !== 'A' || !records.some(({ data }) => ERROR_RANGE.test(data))) return false;
  const reasonOf = errorAnswersOf(name);
  return records.some(({ data }) => reasonOf(parseIpv4(data)) !== undefined);
}
