/**
 * Writing registers, with what is summed up of each list: `digest` and `registers`
 * of all its registers, for comparing with other servers; `live`, `entries` and
 * `newest` of what is there, for its version.
 */
import { DROP_KEY, type DropChange, type EntryChange, LIST_KEY, type ListChange } from './list-records.ts';
import {
  ENTRY_COLUMNS,
  type EntryState,
  entryState,
  type ListState,
  readList,
  toChange,
} from './list-rows.ts';
import { registerHash, wrapDigest } from './register-hash.ts';
import { NO_STAMP, type Stamp } from './stamp.ts';
import { number, type Row, type StoreDatabase, text } from './store-database.ts';

type Register = Pick<EntryChange, 'stamp' | 'isDeleted'>;

/** What a drop did to the entries of a list. */
export interface DroppedList {
  readonly list: string;
  /** Those that are newer than the drop, and stay; undefined: too many to tell. */
  readonly kept: readonly EntryChange[] | undefined;
}

/** More entries that outlive a drop are not handed over one by one. */
const MAX_KEPT = 5000;

interface Sums {
  digest: number;
  registers: number;
  live: number;
  entries: number;
  newest: Stamp;
}

export class RegisterWriter {
  readonly #database: StoreDatabase;
  readonly #isUnshared: number;
  readonly #sums = new Map<string, Sums>();

  constructor(database: StoreDatabase, isUnshared: boolean) {
    this.#database = database;
    this.#isUnshared = isUnshared ? 1 : 0;
  }

  /** @param before as it is now; undefined: it is new */
  writeEntry(entry: EntryState, before: Register | undefined): void {
    this.#database.run(
      `INSERT OR REPLACE INTO entry (${ENTRY_COLUMNS}, unshared) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      entry.list,
      entry.key,
      entry.class,
      entry.action,
      entry.verb,
      entry.comment,
      entry.expires,
      entry.created,
      entry.createdBy,
      entry.changed,
      entry.changedBy,
      entry.stamp,
      entry.isDeleted ? 1 : 0,
      this.#isUnshared,
    );
    this.count(entry.list, entry.key, before, entry);
  }

  writeList(list: ListChange, before: ListState | undefined): void {
    this.#database.run(
      `INSERT INTO list (name, kind, description, created, created_by, changed, changed_by, stamp, deleted, unshared, digest, registers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0)
       ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, description = excluded.description,
         created = excluded.created, created_by = excluded.created_by, changed = excluded.changed,
         changed_by = excluded.changed_by, stamp = excluded.stamp, deleted = 0, unshared = excluded.unshared`,
      list.list,
      list.listKind,
      list.description,
      list.created,
      list.createdBy,
      list.changed,
      list.changedBy,
      list.stamp,
      list.stamp === NO_STAMP ? 0 : this.#isUnshared,
    );
    this.count(list.list, LIST_KEY, before?.isDeleted === false ? before : undefined, list);
  }

  /** Takes along whatever is older, at once: the rows go later. `before` is the list as it was. */
  writeDrop(drop: DropChange): DroppedList & { readonly before: ListState | undefined } {
    const { list, stamp } = drop;
    this.finish();
    const before = readList(this.#database, list);
    const sums = newSums();
    const add = (key: string, register: Register): void => addTo(sums, list, key, register, 1);
    add(DROP_KEY, drop);
    const isDescribed = before?.isDeleted === false && before.stamp > stamp;
    if (isDescribed) add(LIST_KEY, before);
    const newest = before?.newest ?? NO_STAMP;
    let kept: EntryChange[] | undefined = [];
    // Nothing has happened since, as a rule: then there is no need to look.
    const survivors = newest > stamp ? this.#entriesAfter(list, stamp) : [];
    for (const row of survivors) {
      const entry = entryState(row);
      add(entry.key, entry);
      if (kept !== undefined && kept.push(toChange(entry)) > MAX_KEPT) kept = undefined;
    }
    if (newest > sums.newest) sums.newest = newest;
    if (!isDescribed) this.#writeNoList(drop);
    this.#database.run(
      `UPDATE list SET dropped = ?, dropped_kind = ?, dropped_at = ?, dropped_by = ?, dropped_unshared = ?, buried = 1,
         digest = ?, registers = ?, live = ?, entries = ?, newest = ? WHERE name = ?`,
      stamp,
      drop.listKind,
      drop.changed,
      drop.changedBy,
      this.#isUnshared,
      sums.digest,
      sums.registers,
      sums.live,
      sums.entries,
      sums.newest,
      list,
    );
    this.#sums.set(list, newSums());
    return { list, kept, before };
  }

  /** Writes the sums. @returns the lists that were changed, as they are now */
  finish(): ListState[] {
    const changed: ListState[] = [];
    for (const [list, sums] of this.#sums) {
      const row = this.#database.get('SELECT digest, live, newest FROM list WHERE name = ?', list);
      if (row === undefined) continue;
      const newest = text(row, 'newest');
      this.#database.run(
        `UPDATE list SET digest = ?, registers = registers + ?, live = ?, entries = entries + ?, newest = ? WHERE name = ?`,
        wrapDigest(number(row, 'digest') + sums.digest),
        sums.registers,
        wrapDigest(number(row, 'live') + sums.live),
        sums.entries,
        sums.newest > newest ? sums.newest : newest,
        list,
      );
      this.#sums.set(list, newSums());
      const state = readList(this.#database, list);
      if (state !== undefined) changed.push(state);
    }
    return changed;
  }

  /** A register has another state, or is gone: whoever has written that says so. */
  count(list: string, key: string, before: Register | undefined, after: Register | undefined): void {
    let sums = this.#sums.get(list);
    if (sums === undefined) {
      sums = newSums();
      this.#sums.set(list, sums);
    }
    if (before !== undefined) addTo(sums, list, key, before, -1);
    if (after !== undefined) addTo(sums, list, key, after, 1);
  }

  /** There may be any number of them. */
  #entriesAfter(list: string, stamp: Stamp): Iterable<Row> {
    const sql = `SELECT ${ENTRY_COLUMNS} FROM entry WHERE list = ? AND stamp > ?`;
    return this.#database.iterate(sql, list, stamp);
  }

  /** The list has no register of its own: what is left of it is its kind. */
  #writeNoList({ list, listKind }: DropChange): void {
    this.#database.run(
      `INSERT INTO list (name, kind, description, created, created_by, changed, changed_by, stamp, deleted, unshared, digest, registers)
       VALUES (?, ?, '', 0, '', 0, '', ?, 1, 0, 0, 0)
       ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, description = '', created = 0, created_by = '',
         changed = 0, changed_by = '', stamp = excluded.stamp, deleted = 1, unshared = 0`,
      list,
      listKind,
      NO_STAMP,
    );
  }
}

function newSums(): Sums {
  return { digest: 0, registers: 0, live: 0, entries: 0, newest: NO_STAMP };
}

function addTo(sums: Sums, list: string, key: string, { stamp, isDeleted }: Register, sign: 1 | -1): void {
  const hash = sign * registerHash(list, key, stamp);
  sums.digest = wrapDigest(sums.digest + hash);
  sums.registers += sign;
  if (!isDeleted) {
    sums.live = wrapDigest(sums.live + hash);
    if (key !== LIST_KEY) sums.entries += sign;
  }
  if (sign > 0 && stamp > sums.newest) sums.newest = stamp;
}
