/**
 * The clock of stamps goes back, after a clock of the machine that was wrong
 * by more than anybody takes. What was stamped meanwhile is stamped anew: no
 * other server takes it as it is, and it would win over later edits.
 */

import type { ListState } from './list-rows.ts';
import { RegisterWriter } from './list-rows.ts';
import { MAX_AHEAD_MS, NO_STAMP, stampAt } from './stamp.ts';
import { type StoreDatabase, text } from './store-database.ts';

export interface Restamped {
  /** Registers that have a new stamp. */
  readonly registers: number;
  /** Those they are in. */
  readonly lists: readonly ListState[];
}

const ROWS_AT_A_TIME = 2000;

/** @param nowMs of a clock that is right; milliseconds since 1970 */
export function restamp(database: StoreDatabase, { nowMs }: { readonly nowMs: number }): Restamped {
  const { clock, isSharing } = database;
  const latest = stampAt(nowMs + MAX_AHEAD_MS);
  const newest = database.get(
    `SELECT max(stamp) AS stamp FROM (
       SELECT stamp FROM entry WHERE stamp <= ?1 UNION ALL SELECT stamp FROM list WHERE stamp <= ?1)`,
    latest,
  );
  clock.setBack(newest === undefined ? NO_STAMP : text(newest, 'stamp') || NO_STAMP);
  const isUnshared = isSharing ? 1 : 0;
  const writer = new RegisterWriter(database, isSharing);
  let registers = 0;
  for (const row of database.all('SELECT name, stamp FROM list WHERE stamp > ?', latest)) {
    const list = text(row, 'name');
    const stamp = clock.next(nowMs);
    database.run('UPDATE list SET stamp = ?, unshared = ? WHERE name = ?', stamp, isUnshared, list);
    writer.count(list, '', text(row, 'stamp'), stamp);
    registers += 1;
  }
  let place = { list: '', key: '' };
  for (;;) {
    const rows = database.all(
      'SELECT list, key, stamp FROM entry WHERE (list, key) > (?, ?) AND stamp > ? ORDER BY list, key LIMIT ?',
      place.list,
      place.key,
      latest,
      ROWS_AT_A_TIME,
    );
    for (const row of rows) {
      place = { list: text(row, 'list'), key: text(row, 'key') };
      const stamp = clock.next(nowMs);
      database.run(
        'UPDATE entry SET stamp = ?, unshared = ? WHERE list = ? AND key = ?',
        stamp,
        isUnshared,
        place.list,
        place.key,
      );
      writer.count(place.list, place.key, text(row, 'stamp'), stamp);
    }
    registers += rows.length;
    if (rows.length < ROWS_AT_A_TIME) return { registers, lists: writer.finish() };
  }
}

/** The newest stamp that this server has made or seen, as the last transaction left it. */
export function readClock(database: StoreDatabase): string {
  const row = database.get("SELECT value FROM meta WHERE name = 'clock'");
  return row === undefined ? NO_STAMP : text(row, 'value');
}
