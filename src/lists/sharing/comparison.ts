/**
 * Compares the digests of all lists here and in Redis: whenever Redis has been
 * away, when the log has a gap, and every few seconds. Whatever was missed,
 * lost, wiped or put back from before shows there, and is repaired.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisFailure } from '../../redis/redis-failure.ts';
import { formatDigest } from '../../store/register-hash.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import { isListName } from '../../tables/list-tables.ts';
import { ClockCheck } from './clock-check.ts';
import type { Follower } from './follower.ts';
import type { Outbox } from './outbox.ts';
import type { RedisLists } from './redis-lists.ts';
import type { Refusals } from './refusals.ts';
import { type RepairParts, repairList } from './repair.ts';
import type { SharedLists } from './shared-lists.ts';
import type { SharingEvents, SharingStats } from './sharing-events.ts';

export interface ComparisonParts extends Omit<RepairParts, 'isClockSound'> {
  readonly outbox: Outbox;
  readonly follower: Follower;
  readonly refusals: Refusals;
  readonly events: SharingEvents;
  readonly stats: SharingStats;
  /** Between two comparisons when nothing calls for one. */
  readonly everyMs: number;
}

/** Edits under way make digests differ for a moment: so often they have to differ, this far apart. */
const LOOKS = 3;
const LOOK_MS = 150;
const FOLLOW_LIMIT_MS = 1000;
/** Edits at once are sent at once: this is for the log of changes to be read. */
const GAP_MS = 100;
/** What is on its way by outbox or log is not repaired for so long: it is about to arrive. */
const PATIENCE_MS = 10_000;
/** While another server repairs a list. */
const LOCKED_MS = 500;
/** Of a list without registers. */
const NO_DIGEST = formatDigest(0);
const LONGEST_REST_MS = 600_000;

export class Comparison {
  readonly #parts: ComparisonParts;
  readonly #lists: SharedLists;
  readonly #redis: RedisLists;
  /** Lists that differed though there was nothing to repair (edited all the time, or with values that are not used here): left alone for longer and longer. */
  readonly #rests = new Map<string, { untilMs: number; restMs: number }>();
  /** Lists that stay different, and why, as far as that is known. */
  readonly #unlike = new Map<string, string>();
  readonly #clocks: ClockCheck;
  readonly #repairParts: RepairParts;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isRunning = false;
  #isClosed = false;
  /** False until all lists were found to be as in Redis since it came up. */
  #isSame = false;
  /** In the log, and in the connection, so far. */
  #gaps = 0;
  /** Since when edits are under way and lists differ. */
  #differsSinceMs: number | undefined;

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
    this.#lists = parts.lists;
    this.#redis = parts.redis;
    this.#clocks = new ClockCheck(parts);
    this.#repairParts = { ...parts, isClockSound: () => this.isClockSound };
  }

  get isSame(): boolean {
    return this.#isSame;
  }

  /** Why servers do not have the same, and will not by themselves; '' for no such thing. */
  get trouble(): string {
    if (this.#clocks.trouble !== '') return this.#clocks.trouble;
    const [list] = this.#unlike;
    if (list === undefined) return '';
    const more = this.#unlike.size > 1 ? ` (and ${this.#unlike.size - 1} more lists)` : '';
    return `the list \`${list[0]}\` is not the same here and there: ${list[1]}${more}`;
  }

  /** False when the clock here is so wrong that no other server takes what is stamped by it. */
  get isClockSound(): boolean {
    return this.#clocks.trouble === '';
  }

  /** Redis went away or came back. */
  doubt(): void {
    this.#isSame = false;
    this.#unlike.clear();
    this.missed();
    this.schedule(0);
  }

  /** The log has a gap: in any list there may be something to repair again. */
  missed(): void {
    this.#gaps += 1;
    this.#rests.clear();
    this.schedule(GAP_MS);
  }

  /** Compares in so many milliseconds, or earlier. */
  schedule(inMs: number): void {
    const dueMs = performance.now() + inMs;
    if (this.#isClosed || this.#dueMs <= dueMs) return;
    this.#dueMs = dueMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), inMs);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.schedule(LOOK_MS);
      return;
    }
    this.#isRunning = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const { everyMs } = this.#parts;
    const waitMs = this.#redis.isUp ? await this.#compare() : everyMs;
    this.#isRunning = false;
    // Not all servers at the same moment.
    this.schedule(waitMs * (0.75 + Math.random() / 2));
  }

  /** @returns milliseconds until the next comparison */
  async #compare(): Promise<number> {
    const { everyMs, refusals, follower, outbox } = this.#parts;
    let differing: readonly string[] = [];
    const registers = new Map<string, number>();
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0) await sleep(LOOK_MS, undefined, { ref: false });
      if (!this.#redis.isUp || this.#isClosed) return everyMs;
      const isSent = await outbox.flush();
      const before = follower.position;
      const state = await this.#redis.state();
      if (state instanceof RedisFailure) return refusals.note(state);
      follower.check(state, before);
      const gaps = this.#gaps;
      const isRestamped = await this.#clocks.check(state.timeMs);
      if (isRestamped instanceof StoreFailure) return everyMs;
      if (isRestamped) {
        outbox.wake();
        return LOOK_MS;
      }
      const isFollowed = await follower.reached(state.sequence, FOLLOW_LIMIT_MS);
      const here = await this.#lists.digests();
      if (here instanceof StoreFailure) return everyMs;
      for (const [list, digest] of here) registers.set(list, digest.registers);
      const names = new Set([...here.keys(), ...[...state.digests.keys()].filter(isListName)]);
      differing = [...names].filter(
        (name) => (here.get(name)?.digest ?? NO_DIGEST) !== formatDigest(state.digests.get(name) ?? 0),
      );
      if (differing.length === 0) {
        this.#rests.clear();
        this.#unlike.clear();
        // Else Redis may be another one by now.
        if (this.#gaps === gaps) this.#isSame = true;
        this.#differsSinceMs = undefined;
        refusals.end();
        return everyMs;
      }
      const now = performance.now();
      this.#differsSinceMs ??= now;
      if (!(isSent && isFollowed) && now - this.#differsSinceMs < PATIENCE_MS) return LOOK_MS;
    }
    this.#differsSinceMs = undefined;
    this.#isSame = false;
    for (const list of this.#unlike.keys()) if (!differing.includes(list)) this.#unlike.delete(list);
    let waitMs = everyMs;
    // A list of a million takes minutes: the small ones need not wait for it.
    const bySize = differing.toSorted((a, b) => (registers.get(a) ?? 0) - (registers.get(b) ?? 0));
    for (const list of bySize) {
      if (performance.now() < (this.#rests.get(list)?.untilMs ?? 0)) continue;
      waitMs = Math.min(waitMs, await this.#repair(list));
    }
    return waitMs;
  }

  /** @returns milliseconds until it is worth another look */
  async #repair(list: string): Promise<number> {
    const { everyMs, refusals, events, stats } = this.#parts;
    const gaps = this.#gaps;
    const result = await this.#redis.whileLocked(list, () => repairList(list, this.#repairParts));
    if (result === undefined) return LOCKED_MS;
    if (result instanceof RedisFailure) return refusals.note(result);
    if (result instanceof StoreFailure) return everyMs;
    const { repair, unusable, isPurgeDue } = result;
    if (isPurgeDue) await this.#lists.purge();
    if (unusable === undefined) this.#unlike.delete(list);
    else this.#unlike.set(list, `${unusable.count} values in Redis are not used: ${unusable.reason}`);
    if (repair.received + repair.sent + repair.removed === 0) {
      if (this.#gaps === gaps) {
        const restMs = Math.min((this.#rests.get(list)?.restMs ?? everyMs) * 2, LONGEST_REST_MS);
        this.#rests.set(list, { untilMs: performance.now() + restMs, restMs });
      }
      // Another server may have repaired it just before, or a sum was counted anew: then it is the same now.
      return LOOK_MS;
    }
    this.#rests.delete(list);
    stats.repairs += 1;
    stats.sent += repair.sent;
    events.list_repaired(repair);
    return LOOK_MS;
  }
}
