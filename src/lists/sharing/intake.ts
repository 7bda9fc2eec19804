/**
 * Where everything that Redis brings comes in: decoded, checked, merged. What
 * cannot be used is counted and told, and changes nothing.
 */
import type { Change } from '../../store/list-records.ts';
import type { FillRecord } from '../../store/merge-fill.ts';
import { type Stamp, stampTime } from '../../store/stamp.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import { isListName } from '../../tables/list-tables.ts';
import { decodeRecord } from './record.ts';
import type { StoredRecord } from './redis-lists.ts';
import type { SharedLists } from './shared-lists.ts';
import type { SharingEvents, SharingStats } from './sharing-events.ts';

export interface Taken {
  /** Put in force. */
  readonly applied: number;
  /** Those that are no registers: of no use to any server. */
  readonly corrupt: readonly StoredRecord[];
  /** Those that this server does not take, by list. */
  readonly unusable: ReadonlyMap<string, Unusable>;
}

export interface Unusable {
  readonly count: number;
  /** Of most of them. */
  readonly reason: string;
}

/** The repair of one list, over any number of calls. */
export interface Bringing {
  /** Where the list has nothing here. */
  fill: FillRecord | undefined;
}

/** Registers at a time: one transaction of the store. */
const CHUNK = 500;
/** Clocks that differ by less are nothing to talk about. */
const CLOCK_TOLERANCE_MS = 10_000;
/** The same is not told again before. */
const NOTICE_MS = 3_600_000;
const MAX_NOTICED = 1000;

export class Intake {
  readonly #lists: SharedLists;
  readonly #events: SharingEvents;
  readonly #stats: SharingStats;
  readonly #now: () => number;
  /** By node: when its clock was last told of. */
  readonly #noticed = new Map<string, number>();
  /** By list: what was last told of its values. */
  readonly #told = new Map<string, { what: string; atMs: number }>();
  #storeFailure = '';

  constructor(lists: SharedLists, events: SharingEvents, stats: SharingStats, now: () => number) {
    this.#lists = lists;
    this.#events = events;
    this.#stats = stats;
    this.#now = now;
  }

  /**
   * @param bringing of what they are a part: then it is for the caller to tell of what cannot be used
   * @returns why the store takes nothing; then nothing of a chunk is in force, and all can be tried again
   */
  async take(records: readonly StoredRecord[], bringing?: Bringing): Promise<Taken | StoreFailure> {
    const corrupt: StoredRecord[] = [];
    const reasons = new Map<string, Map<string, number>>();
    const changes: Change[] = [];
    const note = (list: string, reason: string): void => {
      this.#stats.unusable += 1;
      const ofList = reasons.get(list) ?? new Map<string, number>();
      reasons.set(list, ofList.set(reason, (ofList.get(reason) ?? 0) + 1));
    };
    for (const record of records) {
      const change = isListName(record.list) ? decodeRecord(record.list, record.key, record.text) : 'corrupt';
      if (change === 'corrupt') {
        corrupt.push(record);
        note(record.list, 'no register of a list');
      } else if (change === 'foreign') {
        note(record.list, 'in the format of another version');
      } else {
        this.#watchClock(change.stamp);
        changes.push(change);
      }
    }
    let applied = 0;
    for (let at = 0; at < changes.length; at += CHUNK) {
      const chunk = changes.slice(at, at + CHUNK);
      const merged = await this.#lists.merge(chunk, 'redis', bringing?.fill);
      if (merged instanceof StoreFailure) {
        if (this.#storeFailure !== merged.message) this.#events.list_merge_failed({ reason: merged.message });
        this.#storeFailure = merged.message;
        return merged;
      }
      this.#storeFailure = '';
      if (bringing !== undefined && merged.fill !== undefined) bringing.fill = merged.fill;
      applied += merged.applied;
      for (const { list, reason } of merged.invalid) note(list, reason);
    }
    this.#stats.received += applied;
    const unusable = new Map(Array.from(reasons, ([list, ofList]) => [list, summed(ofList)]));
    if (bringing === undefined) for (const [list, found] of unusable) this.tell(list, found);
    return { applied, corrupt, unusable };
  }

  /** What stays in Redis is met at every comparison: once an hour is enough. */
  tell(list: string, { count, reason }: Unusable): void {
    const what = `${count} ${reason}`;
    const told = this.#told.get(list);
    const nowMs = this.#now();
    if (told?.what === what && nowMs - told.atMs < NOTICE_MS) return;
    if (this.#told.size >= MAX_NOTICED) this.#told.clear();
    this.#told.set(list, { what, atMs: nowMs });
    this.#events.redis_values_unusable({ list, count, reason });
  }

  #watchClock(stamp: Stamp): void {
    const nowMs = this.#now();
    const aheadMs = stampTime(stamp) - nowMs;
    if (aheadMs < CLOCK_TOLERANCE_MS) return;
    const node = stamp.slice(-8);
    if (nowMs - (this.#noticed.get(node) ?? Number.NEGATIVE_INFINITY) < NOTICE_MS) return;
    if (this.#noticed.size >= MAX_NOTICED) this.#noticed.clear();
    this.#noticed.set(node, nowMs);
    this.#events.clock_ahead({ node, seconds: Math.round(aheadMs / 1000) });
  }
}

function summed(reasons: ReadonlyMap<string, number>): Unusable {
  const counts = [...reasons].sort(([, a], [, b]) => b - a);
  return { count: counts.reduce((sum, [, count]) => sum + count, 0), reason: counts[0]?.[0] ?? '' };
}
