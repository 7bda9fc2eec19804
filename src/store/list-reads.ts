/** Reading entries: single ones, pages of a search, and what other servers have not seen. */
import { decodeCursor, encodeCursor } from './cursor.ts';
import { BadCursor, type EntryOrder, type EntryPage, type EntryQuery } from './list-query.ts';
import {
  type Change,
  type ChangeId,
  DROP_KEY,
  LIST_KEY,
  type ListEntry,
  registerKey,
} from './list-records.ts';
import {
  entryState,
  NOT_BURIED,
  readEntry,
  readList,
  registersOfList,
  toChange,
  toEntry,
} from './list-rows.ts';
import { formatDigest } from './register-hash.ts';
import { IN_TIME, number, type StoreDatabase, text } from './store-database.ts';

/** The place of an entry in the order of lists and keys. */
export interface EntryPlace {
  readonly list: string;
  readonly key: string;
}

export function findEntry(database: StoreDatabase, { list, key }: EntryPlace): ListEntry | undefined {
  return toEntry(readEntry(database, list, key));
}

const NO_EXPIRY = Number.MAX_SAFE_INTEGER;
const SORT: Readonly<Record<EntryOrder, string>> = {
  key: 'key',
  changed: 'changed',
  expires: `ifnull(expires, ${NO_EXPIRY})`,
};

export function searchEntries(
  database: StoreDatabase,
  { query, nowMs }: { readonly query: EntryQuery; readonly nowMs: number },
): EntryPage | BadCursor {
  const conditions = [IN_TIME, 'deleted = 0', NOT_BURIED];
  const values: (string | number)[] = [];
  const where = (condition: string, ...those: (string | number)[]): void => {
    conditions.push(condition);
    values.push(...those);
  };
  if (query.list !== undefined) where('list = ?', query.list);
  // The highest code point there is, which no key has: keys are sorted by their UTF-8 bytes.
  if (query.prefix !== undefined) where('key >= ? AND key < ?', query.prefix, `${query.prefix}\u{10ffff}`);
  if (query.text !== undefined) {
    const sought = query.text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    where(
      '(instr(key, ?) > 0 OR instr(lower(action), ?) > 0 OR instr(lower(comment), ?) > 0)',
      sought,
      sought,
      sought,
    );
  }
  if (query.isExpired === true) where('expires <= ?', nowMs);
  if (query.isExpired === false) where('(expires IS NULL OR expires > ?)', nowMs);
  if (query.verb !== undefined) where('verb = ?', query.verb);
  if (query.changedBy !== undefined) where('changed_by = ?', query.changedBy);

  const order = query.order ?? 'key';
  const sort = SORT[order];
  const direction = query.isDescending === true ? 'DESC' : 'ASC';
  const columns = order === 'key' ? ['key', 'list'] : [sort, 'key', 'list'];
  if (query.cursor !== undefined) {
    const place = decodeCursor(query.cursor, [order, direction, order === 'key' ? '' : 0, '', '']);
    if (place === undefined || place[0] !== order || place[1] !== direction) return new BadCursor();
    const marks = columns.map(() => '?').join(', ');
    const from = order === 'key' ? [place[3], place[4]] : [place[2], place[3], place[4]];
    where(`(${columns.join(', ')}) ${direction === 'ASC' ? '>' : '<'} (${marks})`, ...from);
  }
  const limit = query.limit ?? 100;
  const by = columns.map((column) => `${column} ${direction}`).join(', ');
  const rows = database.search(
    `SELECT * FROM entry WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT ?`,
    ...values,
    limit + 1,
  );
  const entries = rows.slice(0, limit).flatMap((row) => toEntry(entryState(row)) ?? []);
  const last = entries.at(-1);
  if (rows.length <= limit || last === undefined) return { entries, cursor: undefined };
  const value = order === 'key' ? '' : order === 'changed' ? last.changed : (last.expires ?? NO_EXPIRY);
  return { entries, cursor: encodeCursor([order, direction, value, last.key, last.list]) };
}

/** Whole entries of a list after a key, in order: for exports. */
export function listEntries(
  database: StoreDatabase,
  { list, after, limit }: { readonly list: string; readonly after: string; readonly limit: number },
): ListEntry[] {
  return database
    .all(
      `SELECT * FROM entry WHERE list = ? AND key > ? AND deleted = 0 AND ${NOT_BURIED} ORDER BY key LIMIT ?`,
      list,
      after,
      limit,
    )
    .flatMap((row) => toEntry(entryState(row)) ?? []);
}

/** The place of an entry in the order of expiry. */
export interface ExpiryPlace extends EntryPlace {
  readonly expires: number;
}

/** Entries whose time comes up to and including `until`, after a place. */
export function expiringEntries(
  database: StoreDatabase,
  { after, until, limit }: { readonly after: ExpiryPlace; readonly until: number; readonly limit: number },
): (ExpiryPlace & { readonly action: string })[] {
  return database
    .all(
      `SELECT list, key, expires, action FROM entry
       WHERE expires IS NOT NULL AND (expires, list, key) > (?, ?, ?) AND expires <= ? AND deleted = 0 AND ${NOT_BURIED}
       ORDER BY expires, list, key LIMIT ?`,
      after.expires,
      after.list,
      after.key,
      until,
      limit,
    )
    .map((row) => ({
      list: text(row, 'list'),
      key: text(row, 'key'),
      expires: number(row, 'expires'),
      action: text(row, 'action'),
    }));
}

/** All registers of a list after a key, tombstones included; the list's own and its drop come first. */
export function readRegisters(
  database: StoreDatabase,
  {
    list,
    after,
    limit,
  }: { readonly list: string; readonly after: string | undefined; readonly limit: number },
): Change[] {
  const changes = after === undefined ? registersOfList(readList(database, list)) : [];
  const rows = database.all(
    `SELECT * FROM entry WHERE list = ? AND key > ? AND ${NOT_BURIED} ORDER BY key LIMIT ?`,
    list,
    after === undefined || after === DROP_KEY ? '' : after,
    Math.max(0, limit - changes.length),
  );
  for (const row of rows) changes.push(toChange(entryState(row)));
  return changes;
}

/** Registers by name, for those that another server lacks. */
export function readRegistersOf(
  database: StoreDatabase,
  { list, keys }: { readonly list: string; readonly keys: readonly string[] },
): Change[] {
  return keys.flatMap((key): Change[] => {
    if (key === LIST_KEY || key === DROP_KEY) {
      return registersOfList(readList(database, list)).filter((change) => registerKey(change) === key);
    }
    const entry = readEntry(database, list, key);
    return entry === undefined ? [] : [toChange(entry)];
  });
}

/** Registers that were edited here and are not yet marked as shared. */
export function readUnshared(database: StoreDatabase, { limit }: { readonly limit: number }): Change[] {
  const changes: Change[] = [];
  const lists = database.all(
    `SELECT name, unshared, dropped_unshared FROM list WHERE unshared = 1 OR dropped_unshared = 1 LIMIT ?`,
    Math.ceil(limit / 2),
  );
  for (const row of lists) {
    const isUnshared = { list: number(row, 'unshared') === 1, drop: number(row, 'dropped_unshared') === 1 };
    for (const change of registersOfList(readList(database, text(row, 'name')))) {
      if (change.kind !== 'entry' && isUnshared[change.kind]) changes.push(change);
    }
  }
  const rows = database.all(
    `SELECT * FROM entry WHERE unshared = 1 AND ${NOT_BURIED} LIMIT ?`,
    Math.max(0, limit - changes.length),
  );
  for (const row of rows) changes.push(toChange(entryState(row)));
  return changes;
}

/** Those states are shared now; states that came after them are not. */
export function markShared(database: StoreDatabase, { ids }: { readonly ids: readonly ChangeId[] }): void {
  for (const { list, key, stamp } of ids) {
    if (key === LIST_KEY)
      database.run('UPDATE list SET unshared = 0 WHERE name = ? AND stamp = ?', list, stamp);
    else if (key === DROP_KEY)
      database.run('UPDATE list SET dropped_unshared = 0 WHERE name = ? AND dropped = ?', list, stamp);
    else {
      database.run(
        'UPDATE entry SET unshared = 0 WHERE list = ? AND key = ? AND stamp = ?',
        list,
        key,
        stamp,
      );
    }
  }
}

export interface ListDigest {
  /** 12 hexadecimal digits. */
  readonly digest: string;
  readonly registers: number;
}

export function readDigests(database: StoreDatabase): ReadonlyMap<string, ListDigest> {
  const rows = database.all('SELECT name, digest, registers FROM list');
  return new Map(
    rows.map((row) => [
      text(row, 'name'),
      { digest: formatDigest(number(row, 'digest')), registers: number(row, 'registers') },
    ]),
  );
}
