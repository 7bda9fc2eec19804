/**
 * The lists in Redis: typed access to what scripts.ts describes. Every method
 * resolves to its value or to why there is none; nothing that comes back is
 * trusted.
 */
import type { RedisConnection } from '../../redis/redis-connection.ts';
import { RedisFailure } from '../../redis/redis-failure.ts';
import type { RedisScript } from '../../redis/redis-script.ts';
import { type Change, DROP_KEY, registerKey } from '../../store/list-records.ts';
import { NO_STAMP } from '../../store/stamp.ts';
import { BUCKETS, bucketOf, encodeRecord } from './record.ts';
import { BURY, PUSH, RECOUNT, REMOVE, RENEW, STATE, UNLOCK } from './scripts.ts';

/** A record as it came, not decoded yet; its key as `registerKey` has it. */
export interface StoredRecord {
  readonly list: string;
  readonly key: string;
  readonly text: string;
}

export interface LogRecord extends StoredRecord {
  /** Of the stream. */
  readonly id: string;
  readonly sequence: number;
  readonly sender: string;
}

export interface SharedState {
  readonly sequence: number;
  /** Of the last record in the log; `0-0` when there is none. */
  readonly lastId: string;
  readonly digests: ReadonlyMap<string, number>;
  /** What the clock of Redis says, to the second; milliseconds since 1970. */
  readonly timeMs: number;
}

/** An edit that is new, or one that Redis was found to lack. */
export type PushReason = 'edit' | 'repair';

export interface Pushed {
  /** How many Redis did not have. */
  readonly set: number;
  /** What it has instead of others. */
  readonly newer: readonly StoredRecord[];
}

interface ScanPage {
  readonly records: readonly StoredRecord[];
  /** '0': there is no more. */
  readonly cursor: string;
}

/** Longer than for what mail waits for: these carry hundreds of records. */
const WAIT_MS = 2000;
/** Registers in one script: about a millisecond of Redis' time. */
const PUSH_CHUNK = 200;
/** Records that the log keeps, give or take a hundred. */
const LOG_LENGTH = 2000;
/** A server that dies leaves its locks for so long. */
const LOCK_MS = 15_000;
/** Records: some milliseconds of Redis' time. */
const BURIED_AT_A_TIME = 300;
const BUCKET_NAME = /^[0-9a-f]{2}$/;

export class RedisLists {
  readonly #redis: RedisConnection;
  /** Tells our own records in the log from those of others. */
  readonly #sender: string;
  readonly #lockMs: number;

  constructor(redis: RedisConnection, sender: string, lockMs = LOCK_MS) {
    this.#redis = redis;
    this.#sender = sender;
    this.#lockMs = lockMs;
  }

  get isUp(): boolean {
    return this.#redis.isUp;
  }

  get logKey(): string {
    return this.#key('log');
  }

  /** All of one list; any number of them, each of which counts for itself. */
  async push(list: string, changes: readonly Change[], reason: PushReason): Promise<Pushed | RedisFailure> {
    const drops = changes.filter(({ kind }) => kind === 'drop');
    if (drops.length === 0) return this.#pushChunks(list, changes, reason);
    // First of all, since what is older shall not come in any more; then out with what is there.
    const dropped = await this.#pushChunks(list, drops, reason);
    if (dropped instanceof RedisFailure) return dropped;
    const buried = await this.bury(list);
    if (buried instanceof RedisFailure) return buried;
    const rest = changes.filter(({ kind }) => kind !== 'drop');
    const pushed = await this.#pushChunks(list, rest, reason);
    if (pushed instanceof RedisFailure) return pushed;
    return { set: dropped.set + pushed.set, newer: [...dropped.newer, ...pushed.newer] };
  }

  /** Throws out what is older than the drop of a list. @returns how many records they were */
  async bury(list: string): Promise<number | RedisFailure> {
    const buckets = await this.buckets(list);
    if (buckets instanceof RedisFailure) return buckets;
    let buried = 0;
    // One after the other, so that whoever else asks Redis comes in between.
    for (const bucket of buckets.keys()) {
      const ofBucket = bucket < BUCKETS ? await this.buryBucket(list, bucket) : 0;
      if (ofBucket instanceof RedisFailure) return ofBucket;
      buried += ofBucket;
    }
    return buried;
  }

  async buryBucket(list: string, bucket: number): Promise<number | RedisFailure> {
    const [digests, buckets, entries] = this.#bucketKeys(list, bucket);
    const keys = [digests, buckets, this.#dropKey(list), entries];
    let buried = 0;
    let cursor = '0';
    do {
      const reply = await this.#run(BURY, keys, [list, nameOf(bucket), cursor, BURIED_AT_A_TIME]);
      if (reply instanceof RedisFailure) return reply;
      const [count, next] = Array.isArray(reply) ? reply : [];
      buried += Number(count) || 0;
      cursor = String(next ?? '0');
    } while (cursor !== '0');
    return buried;
  }

  async #pushChunks(
    list: string,
    changes: readonly Change[],
    reason: PushReason,
  ): Promise<Pushed | RedisFailure> {
    const chunks: Promise<Pushed | RedisFailure>[] = [];
    for (let at = 0; at < changes.length; at += PUSH_CHUNK) {
      chunks.push(this.#pushChunk(list, changes.slice(at, at + PUSH_CHUNK), reason));
    }
    let set = 0;
    const newer: StoredRecord[] = [];
    for (const pushed of await Promise.all(chunks)) {
      if (pushed instanceof RedisFailure) return pushed;
      set += pushed.set;
      newer.push(...pushed.newer);
    }
    return { set, newer };
  }

  async #pushChunk(
    list: string,
    changes: readonly Change[],
    reason: PushReason,
  ): Promise<Pushed | RedisFailure> {
    const [digests, buckets] = [this.#key('digests'), this.#key(`buckets:${list}`)];
    const keys = [this.#key('sequence'), this.logKey, digests, buckets, this.#dropKey(list)];
    const indexes = new Map<number, number>();
    const args: (string | number)[] = [list, this.#sender, LOG_LENGTH, reason];
    for (const change of changes) {
      const key = registerKey(change);
      const bucket = bucketOf(key);
      let index = indexes.get(bucket);
      if (index === undefined) {
        index = keys.push(this.#entriesKey(list, bucket));
        indexes.set(bucket, index);
      }
      args.push(index, nameOf(bucket), key, encodeRecord(change));
    }
    const reply = await this.#run(PUSH, keys, args);
    if (reply instanceof RedisFailure) return reply;
    const newer: StoredRecord[] = [];
    let set = 0;
    let isBuried = false;
    const answers = texts(reply);
    const drop = answers.pop() ?? '';
    for (const [index, text] of answers.entries()) {
      const change = changes[index];
      if (text === '') set += 1;
      else if (text === '-') isBuried = true;
      else if (text !== '=' && change !== undefined) newer.push({ list, key: registerKey(change), text });
    }
    if (isBuried) newer.unshift({ list, key: DROP_KEY, text: drop });
    return { set, newer };
  }

  async state(): Promise<SharedState | RedisFailure> {
    const reply = await this.#run(STATE, [this.#key('sequence'), this.logKey, this.#key('digests')], []);
    if (reply instanceof RedisFailure) return reply;
    const [sequence, lastId, digests, seconds] = Array.isArray(reply) ? reply : [];
    return {
      sequence: Number(sequence) || 0,
      lastId: String(lastId),
      digests: numbers(digests),
      timeMs: Number(seconds) * 1000,
    };
  }

  /** The digests of the buckets of a list, by bucket. */
  async buckets(list: string): Promise<ReadonlyMap<number, number> | RedisFailure> {
    const reply = await this.#redis.ask('HGETALL', [this.#key(`buckets:${list}`)], WAIT_MS);
    if (reply instanceof RedisFailure) return reply;
    const named = [...numbers(reply)].filter(([name]) => BUCKET_NAME.test(name));
    return new Map(named.map(([name, digest]) => [Number.parseInt(name, 16), digest]));
  }

  /** All records of a bucket, some at a time; ends with the failure if there is one. */
  async *records(list: string, bucket: number): AsyncGenerator<readonly StoredRecord[] | RedisFailure> {
    let cursor = '0';
    do {
      const page = await this.#scan(list, bucket, cursor);
      if (page instanceof RedisFailure) {
        yield page;
        return;
      }
      yield page.records;
      cursor = page.cursor;
    } while (cursor !== '0');
  }

  async #scan(list: string, bucket: number, cursor: string): Promise<ScanPage | RedisFailure> {
    const args = [this.#entriesKey(list, bucket), cursor, 'COUNT', 200];
    const reply = await this.#redis.ask('HSCAN', args, WAIT_MS);
    if (reply instanceof RedisFailure) return reply;
    const [next, flat] = Array.isArray(reply) ? reply : [];
    const records: StoredRecord[] = [];
    const fields = texts(flat);
    for (let at = 0; at + 1 < fields.length; at += 2) {
      records.push({ list, key: fields[at] ?? '', text: fields[at + 1] ?? '' });
    }
    return { records, cursor: String(next ?? '0') };
  }

  /** Counts a bucket anew. @returns how many values were no records, and are gone */
  async recount(list: string, bucket: number): Promise<number | RedisFailure> {
    const reply = await this.#run(RECOUNT, this.#bucketKeys(list, bucket), [list, nameOf(bucket)]);
    return reply instanceof RedisFailure ? reply : Number(reply) || 0;
  }

  async remove({ list, key, text }: StoredRecord): Promise<undefined | RedisFailure> {
    const bucket = bucketOf(key);
    const args = [list, nameOf(bucket), key, text.slice(0, NO_STAMP.length)];
    const reply = await this.#run(REMOVE, this.#bucketKeys(list, bucket), args);
    return reply instanceof RedisFailure ? reply : undefined;
  }

  /** One server at a time works on a list, however long that takes. @returns undefined when another one does */
  async whileLocked<T>(list: string, work: () => Promise<T>): Promise<T | RedisFailure | undefined> {
    const keys = [this.#key(`repair:${list}`)];
    const args = [...keys, this.#sender, 'NX', 'PX', this.#lockMs];
    const reply = await this.#redis.ask('SET', args, WAIT_MS);
    if (reply instanceof RedisFailure) return reply;
    if (reply !== 'OK') return undefined;
    const renew = () => void this.#run(RENEW, keys, [this.#sender, this.#lockMs]);
    const renewing = setInterval(renew, this.#lockMs / 3).unref();
    try {
      return await work();
    } finally {
      clearInterval(renewing);
      await this.#run(UNLOCK, keys, [this.#sender]);
    }
  }

  #run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#redis.run(script, keys, args, WAIT_MS);
  }

  /** The entries among which the drop of a list is. */
  #dropKey(list: string): string {
    return this.#entriesKey(list, bucketOf(DROP_KEY));
  }

  #bucketKeys(list: string, bucket: number): [digests: string, buckets: string, entries: string] {
    return [this.#key('digests'), this.#key(`buckets:${list}`), this.#entriesKey(list, bucket)];
  }

  #entriesKey(list: string, bucket: number): string {
    return this.#key(`entries:${list}:${nameOf(bucket)}`);
  }

  #key(name: string): string {
    return this.#redis.key(`{lists}:${name}`);
  }
}

/** A reply of XREAD for one stream; null (nothing came) is no records. What is no record of ours has sequence NaN. */
export function readLog(reply: unknown): LogRecord[] {
  const [stream] = Array.isArray(reply) ? reply : [];
  const [, items] = Array.isArray(stream) ? stream : [];
  return (Array.isArray(items) ? items : []).map((item) => {
    const [id, flat] = Array.isArray(item) ? item : [];
    const fields = texts(flat);
    const field = (name: string): string => {
      const at = fields.findIndex((text, index) => index % 2 === 0 && text === name);
      return at < 0 ? '' : (fields[at + 1] ?? '');
    };
    return {
      id: String(id),
      sequence: Number.parseInt(field('s'), 10),
      sender: field('n'),
      list: field('l'),
      key: field('k'),
      text: field('v'),
    };
  });
}

function nameOf(bucket: number): string {
  return bucket.toString(16).padStart(2, '0');
}

function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map((item) => String(item ?? '')) : [];
}

function numbers(reply: unknown): Map<string, number> {
  const flat = texts(reply);
  const found = new Map<string, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) found.set(flat[at] ?? '', Number(flat[at + 1]));
  return found;
}
