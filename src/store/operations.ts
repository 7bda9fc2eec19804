/**
 * Everything that can be asked of the store: the one table that its thread and
 * its facade are made from. An operation that writes runs in a transaction of
 * its own, all or nothing.
 */
import { addAudit, queryAudit } from './audit-rows.ts';
import { ensureList } from './ensure-list.ts';
import { loadEntries } from './entry-load.ts';
import { applyEdits } from './list-edits.ts';
import { mergeChanges } from './list-merge.ts';
import {
  expiredEntries,
  findEntry,
  listEntries,
  markShared,
  readDigests,
  readRegisters,
  readRegistersOf,
  readUnshared,
  searchEntries,
} from './list-reads.ts';
import { readLists } from './list-rows.ts';
import { purge } from './purge.ts';
import type { StoreDatabase, Undone } from './store-database.ts';
import { addToken, readTokens, removeToken, touchToken } from './token-rows.ts';

export const READS = {
  lists: (database: StoreDatabase) => readLists(database),
  loadEntries,
  findEntry,
  searchEntries,
  listEntries,
  expiredEntries,
  readRegisters,
  readRegistersOf,
  readUnshared,
  readDigests: (database: StoreDatabase) => readDigests(database),
  queryAudit,
  readTokens: (database: StoreDatabase) => readTokens(database),
};

export const WRITES = {
  applyEdits,
  mergeChanges,
  ensureList,
  markShared,
  purge,
  addAudit,
  addToken,
  removeToken,
  touchToken,
};

export type Reads = typeof READS;
export type Writes = typeof WRITES;
export type OperationName = keyof Reads | keyof Writes;
type Operation<N extends OperationName> = (Reads & Writes)[N];

export type RequestOf<N extends OperationName> =
  Parameters<Operation<N>> extends [StoreDatabase, infer R] ? R : undefined;
export type ResultOf<N extends OperationName> = Exclude<ReturnType<Operation<N>>, Undone<unknown>>;

export function isWrite(name: OperationName): name is keyof Writes {
  return Object.hasOwn(WRITES, name);
}

/** Runs one, whose request was typed where it was asked. */
export function perform(database: StoreDatabase, name: OperationName, request: unknown): unknown {
  const operation = (isWrite(name) ? WRITES[name] : READS[name]) as (
    database: StoreDatabase,
    request: unknown,
  ) => unknown;
  return operation(database, request);
}
