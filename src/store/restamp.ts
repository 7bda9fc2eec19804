/**
 * The clock of stamps goes back, after a clock of the machine that was wrong
 * by more than anybody takes. What was stamped meanwhile is stamped anew: no
 * other server takes it as it is, and it would win over later edits.
 */

import { DROP_KEY, LIST_KEY } from './list-records.ts';
import { type ListState, NOT_BURIED } from './list-rows.ts';
import { RegisterWriter } from './register-writer.ts';
import { MAX_AHEAD_MS, NO_STAMP, type Stamp, stampAt } from './stamp.ts';
import { number, type Row, type StoreDatabase, text } from './store-database.ts';

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
       SELECT stamp FROM entry WHERE stamp <= ?1
       UNION ALL SELECT stamp FROM list WHERE stamp <= ?1
       UNION ALL SELECT dropped FROM list WHERE dropped <= ?1
       UNION ALL SELECT newest FROM list WHERE newest <= ?1)`,
    latest,
  );
  clock.setBack(newest === undefined ? NO_STAMP : text(newest, 'stamp') || NO_STAMP);
  const run = new Restamping(database, nowMs, latest, isSharing);
  // In this order: what is newer than a drop stays so.
  run.drops();
  run.lists();
  run.entries();
  return run.finish();
}

class Restamping {
  readonly #database: StoreDatabase;
  readonly #nowMs: number;
  readonly #latest: Stamp;
  readonly #isUnshared: number;
  readonly #writer: RegisterWriter;
  #registers = 0;

  constructor(database: StoreDatabase, nowMs: number, latest: Stamp, isSharing: boolean) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#latest = latest;
    this.#isUnshared = isSharing ? 1 : 0;
    this.#writer = new RegisterWriter(database, isSharing);
  }

  drops(): void {
    // What a drop has taken along is not to be stamped anew, and be newer than it.
    this.#database.run(`DELETE FROM entry WHERE stamp > ? AND NOT ${NOT_BURIED}`, this.#latest);
    for (const row of this.#ahead('dropped')) {
      const list = text(row, 'name');
      const sql = 'UPDATE list SET dropped = ?, dropped_unshared = ? WHERE name = ?';
      const stamp = this.#next(list, DROP_KEY, { stamp: text(row, 'dropped'), isDeleted: true });
      this.#database.run(sql, stamp, this.#isUnshared, list);
    }
  }

  lists(): void {
    for (const row of this.#ahead('newest')) {
      // Of what is stamped anew the newest is found below.
      const list = text(row, 'name');
      const sql = 'SELECT max(stamp) AS stamp FROM entry WHERE list = ? AND stamp <= ?';
      const newest = [text(this.#database.get(sql, list, this.#latest) ?? {}, 'stamp'), NO_STAMP];
      for (const own of [text(row, 'stamp'), text(row, 'dropped')]) if (own <= this.#latest) newest.push(own);
      this.#database.run('UPDATE list SET newest = ? WHERE name = ?', newest.sort().at(-1) ?? NO_STAMP, list);
    }
    for (const row of this.#ahead('stamp')) {
      const list = text(row, 'name');
      const stamp = this.#next(list, LIST_KEY, { stamp: text(row, 'stamp'), isDeleted: false });
      const sql = 'UPDATE list SET stamp = ?, unshared = ? WHERE name = ?';
      this.#database.run(sql, stamp, this.#isUnshared, list);
    }
  }

  entries(): void {
    let place = { list: '', key: '' };
    for (;;) {
      const rows = this.#database.all(
        'SELECT list, key, stamp, deleted FROM entry WHERE (list, key) > (?, ?) AND stamp > ? ORDER BY list, key LIMIT ?',
        place.list,
        place.key,
        this.#latest,
        ROWS_AT_A_TIME,
      );
      for (const row of rows) {
        place = { list: text(row, 'list'), key: text(row, 'key') };
        const before = { stamp: text(row, 'stamp'), isDeleted: number(row, 'deleted') === 1 };
        const stamp = this.#next(place.list, place.key, before);
        const sql = 'UPDATE entry SET stamp = ?, unshared = ? WHERE list = ? AND key = ?';
        this.#database.run(sql, stamp, this.#isUnshared, place.list, place.key);
      }
      if (rows.length < ROWS_AT_A_TIME) return;
    }
  }

  finish(): Restamped {
    return { registers: this.#registers, lists: this.#writer.finish() };
  }

  #ahead(column: 'stamp' | 'dropped' | 'newest'): Row[] {
    const sql = `SELECT name, stamp, dropped FROM list WHERE ${column} > ?`;
    return this.#database.all(sql, this.#latest);
  }

  #next(list: string, key: string, before: { stamp: Stamp; isDeleted: boolean }): Stamp {
    const stamp = this.#database.clock.next(this.#nowMs);
    this.#writer.count(list, key, before, { ...before, stamp });
    this.#registers += 1;
    return stamp;
  }
}

/** The newest stamp that this server has made or seen, as the last transaction left it. */
export function readClock(database: StoreDatabase): string {
  const row = database.get("SELECT value FROM meta WHERE name = 'clock'");
  return row === undefined ? NO_STAMP : text(row, 'value');
}
