/**
 * Registers that come from other servers: of two states the one with the newer
 * stamp counts, in whatever order, and however often, they come.
 */
import { addAudit } from './audit-rows.ts';
import { told } from './list-edits.ts';
import type { Change, KeyClass } from './list-records.ts';
import {
  type EntryState,
  type ListState,
  RegisterWriter,
  readEntry,
  readList,
  toChange,
  toEntry,
  unmadeList,
} from './list-rows.ts';
import { purgeHorizon } from './purge.ts';
import type { StoreDatabase } from './store-database.ts';

/** A change with what this server makes of its texts. */
export type MergeableChange =
  | Exclude<Change, { kind: 'entry' }>
  | (Extract<Change, { kind: 'entry' }> & { readonly class: KeyClass; readonly verb: string });

export interface StoreMerge {
  readonly changes: readonly MergeableChange[];
  /** Who brought them, for the audit: a node or another server's name. */
  readonly origin: string;
  readonly nowMs: number;
}

export interface StoreMergeResult {
  /** Those that were newer than what was here. */
  readonly changes: readonly Change[];
  readonly lists: readonly ListState[];
}

export function mergeChanges(database: StoreDatabase, request: StoreMerge): StoreMergeResult {
  const writer = new RegisterWriter(database, false);
  const applied: Change[] = [];
  for (const change of request.changes) {
    database.clock.see(change.stamp);
    const isNews =
      change.kind === 'list'
        ? mergeList(database, writer, change)
        : mergeEntry(database, writer, change, request);
    if (!isNews) continue;
    applied.push(change.kind === 'entry' ? toChange(change) : change);
    if (change.kind === 'list' && change.changed > 0) {
      addAudit(database, {
        at: request.nowMs,
        actor: change.changedBy,
        operation: change.isDeleted ? 'list.drop' : 'list.describe',
        list: change.list,
        subject: '',
        before: null,
        after: change.isDeleted
          ? null
          : JSON.stringify({ kind: change.listKind, description: change.description }),
        origin: request.origin,
      });
    }
  }
  return { changes: applied, lists: writer.finish() };
}

function mergeList(
  database: StoreDatabase,
  writer: RegisterWriter,
  change: Extract<Change, { kind: 'list' }>,
): boolean {
  const before = readList(database, change.list);
  if (before !== undefined && before.stamp >= change.stamp) return false;
  writer.writeList(change, before?.stamp);
  return true;
}

function mergeEntry(
  database: StoreDatabase,
  writer: RegisterWriter,
  change: EntryState,
  { nowMs, origin }: StoreMerge,
): boolean {
  const before = readEntry(database, change.list, change.key);
  if (before !== undefined && before.stamp >= change.stamp) return false;
  // Purged here already: it would come and go without end.
  if (before === undefined && isPurgeable(change, nowMs)) return false;
  if (readList(database, change.list) === undefined) writer.writeList(unmadeList(change.list), undefined);
  writer.writeEntry(change, before?.stamp);
  const was = toEntry(before);
  const is = toEntry(change);
  addAudit(database, {
    at: nowMs,
    actor: change.changedBy,
    operation: change.isDeleted ? 'entry.remove' : 'entry.put',
    list: change.list,
    subject: change.key,
    before: was === undefined ? null : JSON.stringify(told(was)),
    after: is === undefined ? null : JSON.stringify(told(is)),
    origin,
  });
  return true;
}

function isPurgeable(change: EntryState, nowMs: number): boolean {
  const horizon = purgeHorizon(nowMs);
  if (change.isDeleted) return change.changed < horizon;
  return change.expires !== null && change.expires < horizon;
}
