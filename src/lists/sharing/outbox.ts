/**
 * Sends the edits of this server to Redis. They stand in the own store, marked,
 * until Redis has them; what is sent twice does nothing.
 */
import { RedisFailure } from '../../redis/redis-failure.ts';
import { type Change, registerKey } from '../../store/list-records.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { Intake } from './intake.ts';
import type { RedisLists } from './redis-lists.ts';
import type { Refusals } from './refusals.ts';
import type { SharedLists } from './shared-lists.ts';
import type { SharingStats } from './sharing-events.ts';

/** Registers looked up, sent and marked in one go. */
const ROUND = 1000;

export class Outbox {
  readonly #lists: SharedLists;
  readonly #redis: RedisLists;
  readonly #intake: Intake;
  readonly #refusals: Refusals;
  readonly #stats: SharingStats;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isEmpty = false;
  #wakes = 0;
  #isClosed = false;

  constructor(parts: {
    readonly lists: SharedLists;
    readonly redis: RedisLists;
    readonly intake: Intake;
    readonly refusals: Refusals;
    readonly stats: SharingStats;
  }) {
    this.#lists = parts.lists;
    this.#redis = parts.redis;
    this.#intake = parts.intake;
    this.#refusals = parts.refusals;
    this.#stats = parts.stats;
  }

  /** False while edits wait that Redis does not have, as far as is known. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** There is a new edit. */
  wake(): void {
    this.#wakes += 1;
    this.#isEmpty = false;
    void this.flush();
  }

  /** True when Redis has all edits that were made before the call. */
  flush(): Promise<boolean> {
    if (this.#running === undefined) {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // The run under way may have looked already: the one after it will see what is there now.
    if (this.#next === undefined) {
      this.#next = this.#running.then(() => {
        this.#next = undefined;
        return this.flush();
      });
    }
    return this.#next;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  async #run(): Promise<boolean> {
    clearTimeout(this.#retry);
    while (this.#redis.isUp && !this.#isClosed) {
      const wakes = this.#wakes;
      const changes = await this.#lists.unshared(ROUND);
      if (changes instanceof StoreFailure) return false;
      if (changes.length === 0) {
        // An edit may have come while the store was asked.
        if (this.#wakes === wakes) this.#isEmpty = true;
        return true;
      }
      const byList = Map.groupBy(changes, (change) => change.list);
      for (const [list, ofList] of byList) {
        const failure = await this.#send(list, ofList);
        if (failure instanceof RedisFailure) this.#retryIn(this.#refusals.note(failure));
        if (failure !== undefined) return false;
      }
      this.#refusals.end();
    }
    return false;
  }

  async #send(list: string, changes: readonly Change[]): Promise<RedisFailure | StoreFailure | undefined> {
    const pushed = await this.#redis.push(list, changes, 'edit');
    if (pushed instanceof RedisFailure) return pushed;
    const { set, newer } = pushed;
    this.#stats.sent += set;
    const taken = newer.length === 0 ? undefined : await this.#intake.take(newer);
    if (taken instanceof StoreFailure) return taken;
    // What blocks our register and is none goes; the next round sends ours again.
    const corrupt = taken?.corrupt ?? [];
    for (const record of corrupt) {
      const failure = await this.#redis.remove(record);
      if (failure !== undefined) return failure;
    }
    const blocked = new Set(corrupt.map(({ key }) => key));
    const ids = changes
      .map((change) => ({ list, key: registerKey(change), stamp: change.stamp }))
      .filter(({ key }) => !blocked.has(key));
    return await this.#lists.markShared(ids);
  }

  #retryIn(ms: number): void {
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => void this.flush(), ms);
    this.#retry.unref();
  }
}
