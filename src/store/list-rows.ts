/** The rows of lists and entries: reading and writing single registers, with the digests kept. */
import type { EntryChange, KeyClass, ListChange, ListEntry, ListKind } from './list-records.ts';
import { formatDigest, registerHash, wrapDigest } from './register-hash.ts';
import { NO_STAMP, type Stamp } from './stamp.ts';
import { nullableNumber, number, type Row, type StoreDatabase, text } from './store-database.ts';

/** An entry with what is kept of it beside: see EntryChange. */
export interface EntryState extends EntryChange {
  readonly class: KeyClass;
  readonly verb: string;
}

/** A list as it is kept. */
export interface ListState extends ListChange {
  readonly version: string;
  readonly registers: number;
}

const ENTRY_COLUMNS =
  'list, key, class, action, verb, comment, expires, created, created_by, changed, changed_by, stamp, deleted';

export function readEntry(database: StoreDatabase, list: string, key: string): EntryState | undefined {
  const row = database.get(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE list = ? AND key = ?`, list, key);
  return row === undefined ? undefined : entryState(row);
}

export function readList(database: StoreDatabase, name: string): ListState | undefined {
  const row = database.get('SELECT * FROM list WHERE name = ?', name);
  return row === undefined ? undefined : listState(row);
}

export function readLists(database: StoreDatabase): ListState[] {
  return database.all('SELECT * FROM list ORDER BY name').map(listState);
}

export function entryState(row: Row): EntryState {
  return {
    kind: 'entry',
    list: text(row, 'list'),
    key: text(row, 'key'),
    class: text(row, 'class') as KeyClass,
    action: text(row, 'action'),
    verb: text(row, 'verb'),
    comment: text(row, 'comment'),
    expires: nullableNumber(row, 'expires'),
    created: number(row, 'created'),
    createdBy: text(row, 'created_by'),
    changed: number(row, 'changed'),
    changedBy: text(row, 'changed_by'),
    stamp: text(row, 'stamp'),
    isDeleted: number(row, 'deleted') === 1,
  };
}

function listState(row: Row): ListState {
  return {
    kind: 'list',
    list: text(row, 'name'),
    listKind: text(row, 'kind') as ListKind,
    description: text(row, 'description'),
    created: number(row, 'created'),
    createdBy: text(row, 'created_by'),
    changed: number(row, 'changed'),
    changedBy: text(row, 'changed_by'),
    stamp: text(row, 'stamp'),
    isDeleted: number(row, 'deleted') === 1,
    version: formatDigest(number(row, 'digest')),
    registers: number(row, 'registers'),
  };
}

/** What is told of an entry; undefined for one that has been removed. */
export function toEntry(state: EntryChange | undefined): ListEntry | undefined {
  if (state === undefined || state.isDeleted) return undefined;
  const { list, key, action, comment, expires, created, createdBy, changed, changedBy, stamp } = state;
  return { list, key, action, comment, expires, created, createdBy, changed, changedBy, version: stamp };
}

export function toChange(state: EntryState): EntryChange {
  const { class: _class, verb: _verb, ...change } = state;
  return change;
}

export function toListChange(state: ListState): ListChange {
  const { version: _version, registers: _registers, ...change } = state;
  return change;
}

/** Writes registers and adds up what that does to the digests, which `finish` writes. */
export class RegisterWriter {
  readonly #database: StoreDatabase;
  readonly #isUnshared: number;
  readonly #sums = new Map<string, { sum: number; count: number }>();

  constructor(database: StoreDatabase, isUnshared: boolean) {
    this.#database = database;
    this.#isUnshared = isUnshared ? 1 : 0;
  }

  /** @param before the stamp it has now; undefined: it is new */
  writeEntry(entry: EntryState, before: Stamp | undefined): void {
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
    this.count(entry.list, entry.key, before, entry.stamp);
  }

  writeList(list: ListChange, before: Stamp | undefined): void {
    this.#database.run(
      `INSERT INTO list (name, kind, description, created, created_by, changed, changed_by, stamp, deleted, unshared, digest, registers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
       ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, description = excluded.description,
         created = excluded.created, created_by = excluded.created_by, changed = excluded.changed,
         changed_by = excluded.changed_by, stamp = excluded.stamp, deleted = excluded.deleted,
         unshared = excluded.unshared`,
      list.list,
      list.listKind,
      list.description,
      list.created,
      list.createdBy,
      list.changed,
      list.changedBy,
      list.stamp,
      list.isDeleted ? 1 : 0,
      list.stamp === NO_STAMP ? 0 : this.#isUnshared,
    );
    this.count(list.list, '', before, list.stamp);
  }

  /** A register has another stamp, or is gone. */
  count(list: string, key: string, before: Stamp | undefined, after: Stamp | undefined): void {
    let sum = this.#sums.get(list);
    if (sum === undefined) {
      sum = { sum: 0, count: 0 };
      this.#sums.set(list, sum);
    }
    if (before !== undefined) sum.sum -= registerHash(list, key, before);
    if (after !== undefined) sum.sum += registerHash(list, key, after);
    sum.sum = wrapDigest(sum.sum);
    sum.count += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  }

  /** @returns the lists that were changed, as they are now */
  finish(): ListState[] {
    const changed: ListState[] = [];
    for (const [list, { sum, count }] of this.#sums) {
      const row = this.#database.get('SELECT digest FROM list WHERE name = ?', list);
      if (row === undefined) continue;
      const digest = wrapDigest(number(row, 'digest') + sum);
      this.#database.run(
        'UPDATE list SET digest = ?, registers = registers + ? WHERE name = ?',
        digest,
        count,
        list,
      );
      const state = readList(this.#database, list);
      if (state !== undefined) changed.push(state);
    }
    return changed;
  }
}

/** The list that nobody has made: named by a policy, or by an entry that came before it. */
export function unmadeList(list: string): ListChange {
  return {
    kind: 'list',
    list,
    listKind: 'any',
    description: '',
    created: 0,
    createdBy: '',
    changed: 0,
    changedBy: '',
    stamp: NO_STAMP,
    isDeleted: false,
  };
}
