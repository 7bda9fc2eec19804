/**
 * Everything that can be asked of the store: the one table that its thread and
 * its facade are made from. An operation that writes runs in a transaction of
 * its own, all or nothing.
 */
import { addAudit, queryAudit } from './audit-rows.ts';
import { buryRows } from './burial.ts';
import { ensureList } from './ensure-list.ts';
import { loadEntries } from './entry-load.ts';
import { applyEdits } from './list-edits.ts';
import { mergeChanges } from './list-merge.ts';
import {
  expiringEntries,
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
import { probe } from './probe.ts';
import { purge } from './purge.ts';
import { readClock, restamp } from './restamp.ts';
import type { StoreDatabase, Undone } from './store-database.ts';
import { addToken, readTokens, removeToken, touchToken } from './token-rows.ts';

/** Short: what waits for one waits for milliseconds. */
export const READS = {
  lists: (database: StoreDatabase) => readLists(database),
  loadEntries,
  findEntry,
  expiringEntries,
  readRegisters,
  readRegistersOf,
  readUnshared,
  readDigests: (database: StoreDatabase) => readDigests(database),
  readClock: (database: StoreDatabase) => readClock(database),
  readTokens: (database: StoreDatabase) => readTokens(database),
};

/** Part of something long, of which many may be under way: one at a time, others come between. */
export const EXPORTS = {
  listEntries,
};

/** May walk over all that there is, whatever they find: nothing else waits for them. */
export const SEARCHES = {
  searchEntries,
  queryAudit,
};

export const WRITES = {
  applyEdits,
  mergeChanges,
  ensureList,
  markShared,
  restamp,
  buryRows,
  purge,
  /** Writes nothing, but is answered in the order of what does. */
  expiringAfterEdits: expiringEntries,
  probe: (database: StoreDatabase) => probe(database),
  addAudit,
  addToken,
  removeToken,
  touchToken,
};

const OPERATIONS = { ...READS, ...EXPORTS, ...SEARCHES, ...WRITES };

type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
type Operation<N extends OperationName> = Operations[N];

export type RequestOf<N extends OperationName> =
  Parameters<Operation<N>> extends [StoreDatabase, infer R] ? R : undefined;
export type ResultOf<N extends OperationName> = Exclude<ReturnType<Operation<N>>, Undone<unknown>>;

export function isWrite(name: OperationName): boolean {
  return Object.hasOwn(WRITES, name);
}

export function isExport(name: OperationName): boolean {
  return Object.hasOwn(EXPORTS, name);
}

export function isSearch(name: OperationName): boolean {
  return Object.hasOwn(SEARCHES, name);
}

/** Runs one, whose request was typed where it was asked. */
export function perform(database: StoreDatabase, name: OperationName, request: unknown): unknown {
  const operation = OPERATIONS[name] as (database: StoreDatabase, request: unknown) => unknown;
  return operation(database, request);
}
