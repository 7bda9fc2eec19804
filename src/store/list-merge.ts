/**
 * Registers that come from other servers: of two states the one with the newer
 * stamp counts, and what is older than a drop of its list does not; in whatever
 * order, and however often, they come.
 */
import { addAudit } from './audit-rows.ts';
import { type Change, type DropChange, type KeyClass, type ListChange, registerKey } from './list-records.ts';
import {
  type EntryState,
  isThere,
  type ListState,
  readEntry,
  readList,
  toChange,
  toEntry,
  unmadeList,
} from './list-rows.ts';
import { type FillRecord, isSummed, noteFill } from './merge-fill.ts';
import { isPurgeable } from './purge.ts';
import { type DroppedList, RegisterWriter } from './register-writer.ts';
import type { StoreDatabase } from './store-database.ts';
import { told, toldList } from './told.ts';

/** A change with what this server makes of its texts. */
export type MergeableChange =
  | Exclude<Change, { kind: 'entry' }>
  | (Extract<Change, { kind: 'entry' }> & { readonly class: KeyClass; readonly verb: string });

export interface StoreMerge {
  readonly changes: readonly MergeableChange[];
  /** Who brought them, for the audit: a node or another server's name. */
  readonly origin: string;
  readonly nowMs: number;
  /** How many more entries and lists there is room for. */
  readonly room: MergeRoom;
  /** They are to fill a list that has nothing: the audit has one record for all beyond the first thousand. */
  readonly fill?: FillRecord | undefined;
}

export interface MergeRoom {
  readonly entries: number;
  readonly lists: number;
}

export interface StoreMergeResult {
  /** Those that were newer than what was here, except those that a drop has taken along. */
  readonly changes: readonly Change[];
  readonly lists: readonly ListState[];
  /** What comes before the changes. */
  readonly dropped: readonly DroppedList[];
  /** Those that there was no room for. */
  readonly refused: readonly {
    readonly list: string;
    readonly key: string;
    readonly bound: keyof MergeRoom;
  }[];
  readonly fill: FillRecord | undefined;
}

export function mergeChanges(database: StoreDatabase, request: StoreMerge): StoreMergeResult {
  const run = new MergeRun(database, request);
  for (const change of request.changes) run.merge(change);
  return run.finish();
}

class MergeRun {
  readonly #database: StoreDatabase;
  readonly #request: StoreMerge;
  readonly #writer: RegisterWriter;
  readonly #room: { entries: number; lists: number };
  /** Lists that were not there before: each takes one place. */
  readonly #made = new Set<string>();
  /** By register. */
  readonly #applied = new Map<string, Change>();
  readonly #dropped = new Map<string, DroppedList>();
  readonly #refused: { list: string; key: string; bound: keyof MergeRoom }[] = [];
  #brought = 0;
  /** Of those, the ones without an audit record of their own. */
  #summed = 0;

  constructor(database: StoreDatabase, request: StoreMerge) {
    this.#database = database;
    this.#request = request;
    this.#writer = new RegisterWriter(database, false);
    this.#room = { ...request.room };
  }

  merge(change: MergeableChange): void {
    this.#database.clock.see(change.stamp);
    const { list } = change;
    const state = readList(this.#database, list);
    if (state?.drop !== undefined && change.stamp <= state.drop.stamp) return;
    // A tombstone makes no list where it is known that there was one.
    const isMaking = change.kind === 'list' || (change.kind === 'entry' && !(change.isDeleted && state));
    const isNew = isMaking && !isThere(state) && !this.#made.has(list);
    if (isNew && this.#room.lists <= 0) {
      this.#refused.push({ list, key: registerKey(change), bound: 'lists' });
      return;
    }
    const isNews =
      change.kind === 'entry'
        ? this.#mergeEntry(change, state)
        : change.kind === 'list'
          ? this.#mergeList(change, state)
          : this.#mergeDrop(change, state);
    if (!isNews) return;
    if (isNew) {
      this.#room.lists -= 1;
      this.#made.add(list);
    }
    this.#applied.set(`${list}\0${registerKey(change)}`, change.kind === 'entry' ? toChange(change) : change);
  }

  finish(): StoreMergeResult {
    const { fill, origin, nowMs } = this.#request;
    return {
      changes: [...this.#applied.values()],
      lists: this.#writer.finish(),
      dropped: [...this.#dropped.values()],
      refused: this.#refused,
      fill:
        fill &&
        noteFill(this.#database, fill, { brought: this.#brought, summed: this.#summed, origin, nowMs }),
    };
  }

  #mergeList(change: ListChange, before: ListState | undefined): boolean {
    if (before?.isDeleted === false && before.stamp >= change.stamp) return false;
    this.#writer.writeList(change, before);
    if (isTouch(change, before)) return true;
    const after = { kind: change.listKind, description: change.description };
    if (change.changed > 0) this.#audit('list.describe', change, '', undefined, after);
    return true;
  }

  #mergeDrop(change: DropChange, before: ListState | undefined): boolean {
    const isEmpty = before === undefined || (before.isDeleted && before.entries === 0);
    // Purged here already: it would come and go without end.
    if (isEmpty && before?.drop === undefined && isPurgeable(change, this.#request.nowMs)) return false;
    for (const [name, { list, stamp }] of this.#applied) {
      if (list === change.list && stamp <= change.stamp) this.#applied.delete(name);
    }
    const { before: was, ...dropped } = this.#writer.writeDrop(change);
    this.#dropped.set(change.list, dropped);
    if ((isThere(was) || this.#made.has(change.list)) && !isThere(readList(this.#database, change.list))) {
      this.#room.lists += 1;
      this.#made.delete(change.list);
    }
    this.#audit('list.drop', change, '', was && toldList(was), undefined);
    return true;
  }

  #mergeEntry(change: EntryState, list: ListState | undefined): boolean {
    const { nowMs, fill } = this.#request;
    const before = readEntry(this.#database, change.list, change.key);
    if (before !== undefined && before.stamp >= change.stamp) return false;
    // Purged here already: it would come and go without end.
    if (before === undefined && isPurgeable(change, nowMs)) return false;
    const isOneMore = isInForce(change, nowMs) && !(before !== undefined && isInForce(before, nowMs));
    if (isOneMore && this.#room.entries <= 0) {
      this.#refused.push({ list: change.list, key: change.key, bound: 'entries' });
      return false;
    }
    if (isOneMore) this.#room.entries -= 1;
    if (list === undefined) this.#writer.writeList(unmadeList(change.list), undefined);
    this.#writer.writeEntry(change, before);
    this.#brought += 1;
    if (fill !== undefined && isSummed(fill, this.#brought)) this.#summed += 1;
    else if (!isTouch(change, before)) {
      const operation = change.isDeleted ? 'entry.remove' : 'entry.put';
      this.#audit(operation, change, change.key, toEntry(before), toEntry(change));
    }
    return true;
  }

  #audit(operation: string, change: Change, subject: string, before: unknown, after: unknown): void {
    addAudit(this.#database, {
      at: this.#request.nowMs,
      actor: change.changedBy,
      operation,
      list: change.list,
      subject,
      before: before === undefined ? null : JSON.stringify(told(before)),
      after: after === undefined ? null : JSON.stringify(told(after)),
      origin: this.#request.origin,
    });
  }
}

/** The same edit with a newer stamp: it was said again, and changes nothing. */
function isTouch(change: Change, before: Change | undefined): boolean {
  return (
    before !== undefined &&
    before.isDeleted === change.isDeleted &&
    before.changed === change.changed &&
    before.changedBy === change.changedBy
  );
}

function isInForce({ isDeleted, expires }: EntryState, nowMs: number): boolean {
  return !isDeleted && (expires === null || expires > nowMs);
}
