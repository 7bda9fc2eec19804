/**
 * What has had its time leaves the store: tombstones of entries, entries that
 * expired long ago, old audit records. Little at a time.
 */
import { RegisterWriter } from './list-rows.ts';
import type { StoreDatabase } from './store-database.ts';

const DAY_MS = 86_400_000;
/** No server is away for longer and comes back with edits. */
const KEEP_DEAD_MS = 30 * DAY_MS;
const KEEP_AUDIT_MS = 400 * DAY_MS;
const ROWS_AT_A_TIME = 2000;

/** Entries that were removed, or expired, before it are gone for good. */
export function purgeHorizon(nowMs: number): number {
  return nowMs - KEEP_DEAD_MS;
}

/** @returns true when there is more to do */
export function purge(database: StoreDatabase, { nowMs }: { readonly nowMs: number }): boolean {
  const horizon = purgeHorizon(nowMs);
  const dead = [
    ...database.columns(
      'SELECT list, key, stamp FROM entry WHERE deleted = 1 AND changed < ? LIMIT ?',
      horizon,
      ROWS_AT_A_TIME,
    ),
    ...database.columns(
      'SELECT list, key, stamp FROM entry WHERE expires IS NOT NULL AND expires < ? AND deleted = 0 LIMIT ?',
      horizon,
      ROWS_AT_A_TIME,
    ),
  ];
  const writer = new RegisterWriter(database, false);
  for (const [list, key, stamp] of dead) {
    database.run('DELETE FROM entry WHERE list = ? AND key = ?', String(list), String(key));
    writer.count(String(list), String(key), String(stamp), undefined);
  }
  writer.finish();
  const audits = database.run(
    'DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)',
    nowMs - KEEP_AUDIT_MS,
    ROWS_AT_A_TIME,
  );
  return dead.length >= ROWS_AT_A_TIME || audits === ROWS_AT_A_TIME;
}
