/**
 * All lists in memory, as they are in force: what the store has made durable is
 * put in here, and lookups are answered from here alone.
 */
import type { LoadedEntries } from '../store/entry-load.ts';
import type { Change } from '../store/list-records.ts';
import type { ListState } from '../store/list-rows.ts';
import type { DroppedList } from '../store/register-writer.ts';
import { ActionPool } from './action-pool.ts';
import { ListIndex } from './list-index.ts';
import { ManagedList } from './managed-list.ts';

export class ListMemory {
  readonly #lists = new Map<string, ManagedList>();
  readonly #pool = new ActionPool();
  readonly #now: () => number;
  /** Until when, in milliseconds since 1970, entries were taken for expired: a clock may go back. */
  expiredUntil = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** By name; made when it is not there. */
  list(name: string): ManagedList {
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = new ManagedList(name, new ListIndex(this.#pool, this.#now));
      this.#lists.set(name, list);
    }
    return list;
  }

  /** Undefined also for one that was dropped. */
  find(name: string): ManagedList | undefined {
    const list = this.#lists.get(name);
    return list === undefined || list.isGone ? undefined : list;
  }

  /** By name. */
  all(): ManagedList[] {
    const there = [...this.#lists.values()].filter((list) => !list.isGone);
    return there.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How many lists there are. */
  get count(): number {
    let count = 0;
    for (const list of this.#lists.values()) if (!list.isGone) count += 1;
    return count;
  }

  /** Entries of all lists. */
  get entries(): number {
    let sum = 0;
    for (const { index } of this.#lists.values()) sum += index.size;
    return sum;
  }

  get distinctActions(): number {
    return this.#pool.size;
  }

  /** Entries of a list that it has not had. */
  load(name: string, entries: LoadedEntries): void {
    const { index } = this.list(name);
    const { keys, ends, actions, actionOf, expires } = entries;
    const text = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
    let start = 0;
    for (let at = 0; at < ends.length; at++) {
      const end = ends[at] ?? start;
      // A string of its own: a piece of a longer one would keep that in memory.
      index.set(text.toString('utf8', start, end), actions[actionOf[at] ?? 0] ?? '', expires[at] || null);
      start = end;
    }
  }

  describe(states: readonly ListState[]): void {
    for (const state of states) this.list(state.list).state = state;
  }

  /** Lists of which the store knows nothing any more. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      const list = this.#lists.get(name);
      if (list === undefined) continue;
      list.state = undefined;
      if (list.isGone) this.#lists.delete(name);
    }
  }

  /** Where too many entries outlive a drop, those that do not are taken out one by one: see burial.ts. */
  drop(dropped: readonly DroppedList[]): void {
    for (const { list, kept } of dropped) {
      if (kept === undefined) continue;
      this.list(list).index.clear();
      this.apply(kept);
    }
  }

  apply(changes: readonly Change[]): void {
    const nowMs = this.#now();
    this.expiredUntil = Math.max(this.expiredUntil, nowMs);
    for (const change of changes) {
      if (change.kind !== 'entry') continue;
      const { index } = this.list(change.list);
      const { key, action, expires, isDeleted } = change;
      if (isDeleted || (expires !== null && expires <= nowMs)) index.delete(key);
      else index.set(key, action, expires);
    }
  }
}
