/**
 * What has had its time leaves the store: tombstones of entries, entries that
 * expired long ago, drops of lists, old audit records. Little at a time.
 */
import { type Change, DROP_KEY } from './list-records.ts';
import { type ListState, NOT_BURIED } from './list-rows.ts';
import { RegisterWriter } from './register-writer.ts';
import { stampAt } from './stamp.ts';
import type { StoreDatabase } from './store-database.ts';

const DAY_MS = 86_400_000;
/** No server is away for longer and comes back with edits. */
const KEEP_DEAD_MS = 30 * DAY_MS;
const KEEP_AUDIT_MS = 400 * DAY_MS;
const ROWS_AT_A_TIME = 2000;

export interface PurgeResult {
  /** There is more to do. */
  readonly hasMore: boolean;
  /** Those that were changed, as they are now. */
  readonly lists: readonly ListState[];
  /** Of which there is nothing left, not even that they were dropped. */
  readonly gone: readonly string[];
}

/** Entries that were removed, or expired, before it are gone for good. */
function purgeHorizon(nowMs: number): number {
  return nowMs - KEEP_DEAD_MS;
}

/** True for what has had its time: it is not taken from other servers, nor given to them. */
export function isPurgeable(change: Change, nowMs: number): boolean {
  const horizon = purgeHorizon(nowMs);
  // Where a clock said 1970 when it was removed, the stamp knows better.
  if (change.kind === 'list' || change.stamp > stampAt(horizon)) return false;
  if (change.kind === 'drop' || change.isDeleted) return change.changed < horizon;
  return change.expires !== null && change.expires < horizon;
}

export function purge(database: StoreDatabase, { nowMs }: { readonly nowMs: number }): PurgeResult {
  const horizon = purgeHorizon(nowMs);
  const dead = (condition: string) =>
    database.columns(
      `SELECT list, key, stamp, deleted FROM entry WHERE ${condition} AND stamp <= ? AND ${NOT_BURIED} LIMIT ?`,
      horizon,
      stampAt(horizon),
      ROWS_AT_A_TIME,
    );
  const rows = [
    ...dead('deleted = 1 AND changed < ?'),
    ...dead('expires IS NOT NULL AND expires < ? AND deleted = 0'),
  ];
  const writer = new RegisterWriter(database, false);
  for (const [list, key, stamp, deleted] of rows) {
    database.run('DELETE FROM entry WHERE list = ? AND key = ?', String(list), String(key));
    const register = { stamp: String(stamp), isDeleted: deleted === 1 };
    writer.count(String(list), String(key), register, undefined);
  }
  purgeDrops(database, writer, horizon);
  const changed = writer.finish();
  const emptied = "dropped = '' AND deleted = 1 AND registers = 0 AND buried = 0";
  const gone = changed
    .map(({ list }) => list)
    .filter((list) => database.run(`DELETE FROM list WHERE name = ? AND ${emptied}`, list) > 0);
  const audits = database.run(
    'DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)',
    nowMs - KEEP_AUDIT_MS,
    ROWS_AT_A_TIME,
  );
  return {
    hasMore: rows.length >= ROWS_AT_A_TIME || audits === ROWS_AT_A_TIME,
    lists: changed.filter(({ list }) => !gone.includes(list)),
    gone,
  };
}

/** Behind a drop there may still be rows to delete: until then it is kept. */
function purgeDrops(database: StoreDatabase, writer: RegisterWriter, horizon: number): void {
  const drops = database.columns(
    "SELECT name, dropped FROM list WHERE dropped <> '' AND dropped_at < ? AND dropped <= ? AND buried = 0",
    horizon,
    stampAt(horizon),
  );
  for (const [list, stamp] of drops) {
    database.run("UPDATE list SET dropped = '', dropped_unshared = 0 WHERE name = ?", String(list));
    writer.count(String(list), DROP_KEY, { stamp: String(stamp), isDeleted: true }, undefined);
  }
}
