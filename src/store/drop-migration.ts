/**
 * Version 2 of the store: a list is dropped by one register. In version 1 a drop
 * was a tombstone of the list and one for each entry.
 */
import type { DatabaseSync } from 'node:sqlite';
import { DROP_KEY, LIST_KEY } from './list-records.ts';
import { registerHash, wrapDigest } from './register-hash.ts';
import { NO_STAMP } from './stamp.ts';

/**
 * `dropped` is the stamp of the last drop, '' for never; while `buried` is 1 there
 * may be rows that are older. `newest`, `live` and `entries` are what a list's
 * version is made of, see register-writer.ts.
 */
const COLUMNS = `
  ALTER TABLE list ADD COLUMN dropped TEXT NOT NULL DEFAULT '';
  ALTER TABLE list ADD COLUMN dropped_kind TEXT NOT NULL DEFAULT 'any';
  ALTER TABLE list ADD COLUMN dropped_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE list ADD COLUMN dropped_by TEXT NOT NULL DEFAULT '';
  ALTER TABLE list ADD COLUMN dropped_unshared INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE list ADD COLUMN buried INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE list ADD COLUMN newest TEXT NOT NULL DEFAULT '${NO_STAMP}';
  ALTER TABLE list ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE list ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;
`;

const TOMBSTONES = `
  UPDATE list SET
    dropped = stamp, dropped_kind = kind, dropped_at = changed, dropped_by = changed_by,
    dropped_unshared = unshared, buried = 1,
    stamp = '${NO_STAMP}', description = '', created = 0, created_by = '', changed = 0, changed_by = '',
    unshared = 0
  WHERE deleted = 1
`;

export function addDrops(database: DatabaseSync): void {
  database.exec(COLUMNS);
  database.exec(TOMBSTONES);
  const update = database.prepare(
    'UPDATE list SET digest = ?, registers = ?, live = ?, entries = ?, newest = ? WHERE name = ?',
  );
  // Behind a drop there may be newer entries, of servers that did not know of it.
  const registers = database.prepare('SELECT key, stamp, deleted FROM entry WHERE list = ? AND stamp > ?');
  for (const row of database.prepare('SELECT name, stamp, dropped FROM list').all()) {
    const [name, stamp, dropped] = [String(row['name']), String(row['stamp']), String(row['dropped'])];
    const own = dropped === '' ? registerHash(name, LIST_KEY, stamp) : registerHash(name, DROP_KEY, dropped);
    let digest = own;
    let count = 1;
    let live = dropped === '' ? own : 0;
    let newest = dropped === '' ? stamp : dropped;
    let entries = 0;
    for (const { key, stamp: of, deleted } of registers.iterate(name, dropped)) {
      const hash = registerHash(name, String(key), String(of));
      digest = wrapDigest(digest + hash);
      count += 1;
      if (String(of) > newest) newest = String(of);
      if (deleted === 1) continue;
      live = wrapDigest(live + hash);
      entries += 1;
    }
    update.run(digest, count, live, entries, newest, name);
  }
}
