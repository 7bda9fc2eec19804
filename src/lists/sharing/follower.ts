/**
 * Follows the log in Redis and puts in force what other servers edit. Each
 * record has a number one above the one before: a gap tells that the log was
 * cut, wiped or put back, and that comparing has to make up for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../../redis/redis-connection.ts';
import { RedisFailure } from '../../redis/redis-failure.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { Intake } from './intake.ts';
import { type LogRecord, type RedisLists, readLog, type SharedState } from './redis-lists.ts';
import type { Refusals } from './refusals.ts';

/** How long a read waits at the server for something new. */
export const BLOCK_MS = 1000;
const READ_COUNT = 200;
const GRACE_MS = 1000;
const RETRY_MS = 100;
/** While the own store takes nothing. */
const STORE_RETRY_MS = 1000;

export interface Position {
  readonly id: string;
  readonly sequence: number;
}

export class Follower {
  /** A connection of its own, since it is mostly waiting. */
  readonly #redis: RedisConnection;
  readonly #lists: RedisLists;
  readonly #intake: Intake;
  readonly #sender: string;
  /** Of its own: what may not be read can be written all the same. */
  readonly #refusals: Refusals;
  readonly #onGap: () => void;
  readonly #closing = new AbortController();
  #position: Position | undefined;
  /** Those who wait for a sequence number. */
  readonly #waiting = new Set<() => void>();

  constructor(parts: {
    readonly redis: RedisConnection;
    readonly lists: RedisLists;
    readonly intake: Intake;
    readonly sender: string;
    readonly refusals: Refusals;
    readonly onGap: () => void;
  }) {
    this.#redis = parts.redis;
    this.#lists = parts.lists;
    this.#intake = parts.intake;
    this.#sender = parts.sender;
    this.#refusals = parts.refusals;
    this.#onGap = parts.onGap;
  }

  /** Runs until `close`. */
  async follow(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const waitMs = this.#redis.isUp ? await this.#round() : RETRY_MS;
      if (waitMs > 0) await this.#pause(waitMs);
    }
  }

  get position(): Position | undefined {
    return this.#position;
  }

  close(): void {
    this.#closing.abort();
  }

  /** True once all up to this record of the log is in force; false when the time is over before. */
  async reached(sequence: number, limitMs: number): Promise<boolean> {
    const limit = performance.now() + limitMs;
    const isReached = (): boolean => (this.#position?.sequence ?? -1) >= sequence;
    while (!isReached() && performance.now() < limit) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limit - performance.now());
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
      clearTimeout(timer);
    }
    return isReached();
  }

  /**
   * What Redis has now may be another log than the one we followed: one wiped, or put back from before.
   *
   * @param before where this stood when Redis was asked
   */
  check({ lastId, sequence }: SharedState, before: Position | undefined): void {
    if (before === undefined || (before.sequence <= sequence && !isEarlier(lastId, before.id))) return;
    this.#position = { id: lastId, sequence };
    this.#onGap();
  }

  /** @returns milliseconds to wait before the next round */
  async #round(): Promise<number> {
    if (this.#position === undefined) {
      const state = await this.#lists.state();
      if (state instanceof RedisFailure) return this.#refusals.note(state);
      this.#position = { id: state.lastId, sequence: state.sequence };
      // What was there before is for comparing to bring.
      this.#onGap();
    }
    const position = this.#position;
    const args = ['COUNT', READ_COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', this.#lists.logKey, position.id];
    const reply = await this.#redis.ask('XREAD', args, BLOCK_MS + GRACE_MS);
    if (reply instanceof RedisFailure) return this.#refusals.note(reply);
    this.#refusals.end();
    const records = readLog(reply);
    // A comparison has found another log meanwhile.
    if (records.length === 0 || this.#position !== position) return 0;
    const taken = await this.#intake.take(records.filter(({ sender }) => sender !== this.#sender));
    if (taken instanceof StoreFailure) return STORE_RETRY_MS;
    if (this.#position === position) this.#advance(position, records);
    return 0;
  }

  #advance(position: Position, records: readonly LogRecord[]): void {
    let { id, sequence } = position;
    let isWhole = true;
    for (const record of records) {
      id = record.id;
      if (record.sequence !== sequence + 1) isWhole = false;
      if (Number.isSafeInteger(record.sequence)) sequence = record.sequence;
    }
    this.#position = { id, sequence };
    for (const wake of this.#waiting) wake();
    if (!isWhole) this.#onGap();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
  }
}

/** Ids of a stream, MILLISECONDS-NUMBER: they go back where a log begins anew and Redis's clock is behind what it was. */
function isEarlier(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms === otherMs ? number < otherNumber : ms < otherMs;
}
