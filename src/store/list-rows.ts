/** The rows of lists and entries: reading single registers. */
import {
  type Change,
  type DropChange,
  type EntryChange,
  type KeyClass,
  LIST_KEY,
  type ListChange,
  type ListEntry,
  type ListKind,
} from './list-records.ts';
import { formatDigest, registerHash, wrapDigest } from './register-hash.ts';
import { NO_STAMP, type Stamp } from './stamp.ts';
import { nullableNumber, number, type Row, type StoreDatabase, text } from './store-database.ts';

/** An entry with what is kept of it beside: see EntryChange. */
export interface EntryState extends EntryChange {
  readonly class: KeyClass;
  readonly verb: string;
}

/** A list as it is kept. `isDeleted`: it has no register of its own, as nobody has described it since its last drop. */
export interface ListState extends ListChange {
  /** Changes with every edit; equal where the same registers are. */
  readonly version: string;
  /** Entries that have not been removed, those that have expired included. */
  readonly entries: number;
  readonly drop: DropChange | undefined;
  /** The newest stamp of a register that the list has, or has had. */
  readonly newest: Stamp;
}

/**
 * A condition for rows of `entry`: rows that are older than the last drop of
 * their list are as if they were not there. They are deleted behind it (burial.ts).
 */
export const NOT_BURIED = `(
  entry.list NOT IN (SELECT name FROM list WHERE buried = 1)
  OR entry.stamp > (SELECT dropped FROM list WHERE name = entry.list)
)`;

export const ENTRY_COLUMNS =
  'list, key, class, action, verb, comment, expires, created, created_by, changed, changed_by, stamp, deleted';

export function readEntry(database: StoreDatabase, list: string, key: string): EntryState | undefined {
  const row = database.get(
    `SELECT ${ENTRY_COLUMNS} FROM entry WHERE list = ? AND key = ? AND ${NOT_BURIED}`,
    list,
    key,
  );
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
  const list = text(row, 'name');
  return {
    kind: 'list',
    list,
    listKind: text(row, 'kind') as ListKind,
    description: text(row, 'description'),
    created: number(row, 'created'),
    createdBy: text(row, 'created_by'),
    changed: number(row, 'changed'),
    changedBy: text(row, 'changed_by'),
    stamp: text(row, 'stamp'),
    isDeleted: number(row, 'deleted') === 1,
    version: versionOf(list, number(row, 'live'), text(row, 'newest')),
    entries: number(row, 'entries'),
    drop: text(row, 'dropped') === '' ? undefined : dropOf(row),
    newest: text(row, 'newest'),
  };
}

function dropOf(row: Row): DropChange {
  const [changed, changedBy] = [number(row, 'dropped_at'), text(row, 'dropped_by')];
  return {
    kind: 'drop',
    list: text(row, 'name'),
    listKind: text(row, 'dropped_kind') as ListKind,
    created: changed,
    createdBy: changedBy,
    changed,
    changedBy,
    stamp: text(row, 'dropped'),
    isDeleted: true,
  };
}

/**
 * Of what is there and of when something last happened: tombstones make a
 * difference when they come, and none when they go.
 */
function versionOf(list: string, live: number, newest: Stamp): string {
  return formatDigest(wrapDigest(live + registerHash(list, LIST_KEY, newest)));
}

/** It is there: somebody, or a policy, has said so since its last drop, or has put an entry into it. */
export function isThere(list: ListState | undefined): list is ListState {
  return list !== undefined && (!list.isDeleted || list.entries > 0);
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

/** What a list has of registers besides its entries. */
export function registersOfList(state: ListState | undefined): Change[] {
  if (state === undefined) return [];
  const { version: _version, entries: _entries, newest: _newest, drop, ...change } = state;
  return [...(change.isDeleted ? [] : [change]), ...(drop === undefined ? [] : [drop])];
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
