/**
 * The store of shared DNS answers in Redis: how the questions are put, and how
 * long mail waits for it. That Redis is slow or gone is the connection's
 * business (redis/redis-connection.ts): it stops asking, and tries again.
 */
import type { RedisConnection } from '../redis/redis-connection.ts';
import { RedisFailure } from '../redis/redis-failure.ts';
import { RedisScript } from '../redis/redis-script.ts';
import type { SharedStore, SharedValue } from './shared-store.ts';

const WAIT_MS = 50;
/** For commands that no mail waits for. */
const PATIENT_WAIT_MS = 1_000;
/** With so many on the way the DNS is the quicker way. */
const MAX_IN_FLIGHT = 500;
const KEYS_PER_SCAN = 1_000;

/** The first ARGV[1] octets of a text and its milliseconds; a value of another type is an empty text. */
const READ = new RedisScript(`
local text = redis.pcall('GETRANGE', KEYS[1], 0, ARGV[1] - 1)
if type(text) ~= 'string' then return {'', 0} end
local left = redis.call('PTTL', KEYS[1])
if left == -2 then return false end
return {text, left}
`);

export class RedisStore implements SharedStore {
  readonly #redis: RedisConnection;
  readonly #waitMs: number;

  /** @param waitMs how long an answer is waited for; the DNS has been asked long before (ask-tiers.ts) */
  constructor(redis: RedisConnection, waitMs = WAIT_MS) {
    this.#redis = redis;
    this.#waitMs = waitMs;
  }

  get isUsable(): boolean {
    return this.#redis.isUp && this.#redis.stats.inFlight < MAX_IN_FLIGHT;
  }

  async get(key: string, maxBytes: number): Promise<SharedValue | undefined> {
    const reply = checked(await this.#redis.run(READ, [this.#redis.key(key)], [maxBytes], this.#waitMs));
    if (reply === null) return undefined;
    const [text, remainingMs] = Array.isArray(reply) ? (reply as unknown[]) : [];
    if (typeof text !== 'string' || typeof remainingMs !== 'number') throw new Error('an odd reply');
    return { text, remainingMs };
  }

  set(key: string, value: string, ttlMs: number): void {
    void this.#redis.ask('SET', [this.#redis.key(key), value, 'PX', Math.max(1, Math.floor(ttlMs))]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#unlink(keys.map((key) => this.#redis.key(key)));
  }

  async deleteAll(keyPrefix: string): Promise<void> {
    const pattern = `${escaped(this.#redis.key(keyPrefix))}*`;
    for await (const keys of this.#redis.scan(pattern, KEYS_PER_SCAN, PATIENT_WAIT_MS)) {
      if (keys instanceof RedisFailure) throw new Error(keys.reason);
      await this.#unlink(keys);
    }
  }

  /** One by one: in a Cluster they are on different nodes. */
  async #unlink(keys: readonly string[]): Promise<void> {
    const replies = await Promise.all(keys.map((key) => this.#redis.ask('UNLINK', [key], PATIENT_WAIT_MS)));
    for (const reply of replies) checked(reply);
  }
}

/** @throws Error in the place of a failure */
function checked(reply: unknown): unknown {
  if (reply instanceof RedisFailure) throw new Error(reply.reason);
  return reply;
}

/** As a pattern of SCAN that matches itself. */
function escaped(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&');
}
