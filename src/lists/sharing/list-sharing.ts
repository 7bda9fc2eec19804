/**
 * Shares managed lists with other servers by way of Redis (ADR 0006).
 *
 * An edit is done when the own store has it, whatever Redis does. From there it
 * is sent to Redis, which gives it to the others; decisions never wait for
 * any of this, and never fail by it.
 */
import { randomBytes } from 'node:crypto';
import { forgetfulPolicy } from '../../redis/memory-policy.ts';
import { type RedisChange, RedisConnection } from '../../redis/redis-connection.ts';
import type { RedisOptions } from '../../redis/redis-options.ts';
import { LOCAL } from '../list-changes.ts';
import { Comparison } from './comparison.ts';
import { BLOCK_MS, Follower } from './follower.ts';
import { Intake } from './intake.ts';
import { Outbox } from './outbox.ts';
import { RedisLists } from './redis-lists.ts';
import { Refusals } from './refusals.ts';
import type { SharedLists } from './shared-lists.ts';
import type { SharingEvents, SharingStats } from './sharing-events.ts';

export interface SharingOptions {
  readonly lists: SharedLists;
  readonly redis: RedisOptions;
  readonly events: SharingEvents;
  /** Between two comparisons, in milliseconds. Default 10 s. */
  readonly compareEveryMs?: number;
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
}

export interface SharingStatus {
  /** Why Redis does not take part; '' if it does. */
  readonly outage: string;
  /** True while edits made here wait to be shared. */
  readonly hasUnshared: boolean;
  /** True once the lists here were found to be those in Redis, since it came up. */
  readonly isSame: boolean;
  /** What a person has to see to, so that all servers have the same; '' for nothing. */
  readonly trouble: string;
}

const COMPARE_EVERY_MS = 10_000;

export class ListSharing {
  readonly stats: SharingStats = { sent: 0, received: 0, repairs: 0, unusable: 0 };
  /** Asks and sends. */
  readonly redis: RedisConnection;
  /** Waits for what comes into the log. */
  readonly following: RedisConnection;
  readonly #outbox: Outbox;
  readonly #follower: Follower;
  readonly #comparison: Comparison;
  readonly #refusals: readonly Refusals[];
  readonly #lists: SharedLists;
  readonly #events: SharingEvents;
  readonly #ends: (() => void)[] = [];

  constructor(options: SharingOptions) {
    const { lists, events, now = Date.now } = options;
    // Not the node of the stamps: a copied data directory has that one too.
    const sender = randomBytes(9).toString('base64url');
    this.#lists = lists;
    this.#events = events;
    this.redis = new RedisConnection(options.redis, { name: 'lists' });
    this.following = new RedisConnection(options.redis, { name: 'lists-log', blockingMs: BLOCK_MS });
    const redisLists = new RedisLists(this.redis, sender);
    const { stats } = this;
    const intake = new Intake(lists, events, stats, now);
    const refusals = new Refusals(events);
    const readRefusals = new Refusals(events);
    this.#refusals = [refusals, readRefusals];
    this.#outbox = new Outbox({ lists, redis: redisLists, intake, refusals, stats });
    this.#follower = new Follower({
      redis: this.following,
      lists: redisLists,
      intake,
      sender,
      refusals: readRefusals,
      onGap: () => this.#comparison.missed(),
    });
    this.#comparison = new Comparison({
      lists,
      redis: redisLists,
      intake,
      now,
      outbox: this.#outbox,
      follower: this.#follower,
      refusals,
      events,
      stats,
      everyMs: options.compareEveryMs ?? COMPARE_EVERY_MS,
    });
  }

  get status(): SharingStatus {
    const refused = this.#refusals.map(({ reason }) => reason);
    const reasons = [this.redis.reason, ...refused, this.following.reason];
    return {
      outage: reasons.find((reason) => reason !== '') ?? '',
      hasUnshared: !this.#outbox.isEmpty,
      isSame: this.#comparison.isSame,
      trouble: this.#comparison.trouble,
    };
  }

  /** Begins to share; waits for nothing. */
  async start(): Promise<void> {
    this.#ends.push(
      this.#lists.onChange((_changes, origin) => {
        if (origin === LOCAL) this.#outbox.wake();
      }),
      this.redis.onChange((change) => this.#changed(change)),
      this.following.onChange(({ state }) => {
        if (state === 'up') this.#comparison.doubt();
      }),
    );
    await this.redis.open();
    await this.following.open();
    void this.#follower.follow();
    this.#comparison.schedule(0);
  }

  /** True when Redis has the edits made before the call, for others to take; false when it is not so after so many milliseconds. */
  async whenShared(limitMs: number): Promise<boolean> {
    if (!this.redis.isUp || !this.#comparison.isClockSound) return false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    try {
      return await Promise.race([this.#outbox.flush(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Compares with Redis now, not at the next turn. */
  compareNow(): void {
    this.#comparison.doubt();
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#outbox.close();
    this.#comparison.close();
    this.#follower.close();
    this.following.close();
    this.redis.close();
  }

  #changed({ state, reason }: RedisChange): void {
    const found = { server: this.redis.label, use: 'lists' };
    this.#comparison.doubt();
    if (state === 'down') {
      this.#events.redis_down({ ...found, reason });
      return;
    }
    this.#events.redis_up(found);
    this.#outbox.wake();
    void this.#judgeMemory();
  }

  async #judgeMemory(): Promise<void> {
    const policy = await forgetfulPolicy(this.redis);
    if (policy !== '') this.#events.redis_may_forget({ server: this.redis.label, policy });
  }
}
