/**
 * Deletes the rows that a drop of their list has taken along: they count for
 * nothing any more, and go a few at a time, so that no edit waits for them.
 * What is left when the process ends is found again at the next start.
 */
import { type StoreDatabase, text } from './store-database.ts';

/** Where the next slice begins. */
export interface BurialPlace {
  readonly list: string;
  /** The stamp of the drop that it began with. */
  readonly dropped: string;
  /** The key that came last. */
  readonly after: string;
}

export interface BuriedRows {
  readonly list: string;
  /** Keys of rows that are gone. */
  readonly keys: readonly string[];
  readonly next: BurialPlace | undefined;
}

/** @returns undefined: there is nothing left to delete */
export function buryRows(
  database: StoreDatabase,
  { place, limit }: { readonly place: BurialPlace | undefined; readonly limit: number },
): BuriedRows | undefined {
  const { list, dropped, after } = (isStill(database, place) ? place : firstPlace(database)) ?? {};
  if (list === undefined || dropped === undefined || after === undefined) return undefined;
  const rows = database.columns(
    'SELECT key, stamp FROM entry WHERE list = ? AND key > ? ORDER BY key LIMIT ?',
    list,
    after,
    limit,
  ) as [key: string, stamp: string][];
  const keys = rows.filter(([, stamp]) => stamp <= dropped).map(([key]) => key);
  const last = rows.at(-1)?.[0] ?? after;
  database.run(
    'DELETE FROM entry WHERE list = ? AND key > ? AND key <= ? AND stamp <= ?',
    list,
    after,
    last,
    dropped,
  );
  if (rows.length === limit) return { list, keys, next: { list, dropped, after: last } };
  database.run('UPDATE list SET buried = 0 WHERE name = ?', list);
  return { list, keys, next: undefined };
}

/** Not where it was dropped once more meanwhile, or the drop has another stamp: then it begins anew. */
function isStill(database: StoreDatabase, place: BurialPlace | undefined): boolean {
  if (place === undefined) return false;
  const { list, dropped } = place;
  const sql = 'SELECT 1 FROM list WHERE name = ? AND dropped = ? AND buried = 1';
  return database.get(sql, list, dropped) !== undefined;
}

function firstPlace(database: StoreDatabase): BurialPlace | undefined {
  const row = database.get('SELECT name, dropped FROM list WHERE buried = 1 LIMIT 1');
  return row && { list: text(row, 'name'), dropped: text(row, 'dropped'), after: '' };
}
