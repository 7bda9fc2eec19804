/** A policy names a list: it is there from then on, empty, for whoever wants to fill it. */
import { addAudit } from './audit-rows.ts';
import { type ListState, readList, unmadeList } from './list-rows.ts';
import { RegisterWriter } from './register-writer.ts';
import type { StoreDatabase } from './store-database.ts';

const ACTOR = 'policy';

export function ensureList(
  database: StoreDatabase,
  { list, nowMs }: { readonly list: string; readonly nowMs: number },
): ListState | undefined {
  const before = readList(database, list);
  if (before !== undefined && !before.isDeleted) return before;
  const writer = new RegisterWriter(database, before !== undefined && database.isSharing);
  if (before === undefined) {
    writer.writeList(unmadeList(list), undefined);
  } else {
    // It was dropped: only an edit that is newer brings it back, here and on other servers.
    const authorship = { created: nowMs, createdBy: ACTOR, changed: nowMs, changedBy: ACTOR };
    const stamp = database.clock.next(nowMs);
    // Entries that are newer than the drop stay what they are.
    const listKind = before.entries > 0 ? before.listKind : 'any';
    writer.writeList({ ...unmadeList(list), listKind, ...authorship, stamp }, before);
    const after = JSON.stringify({ kind: listKind, description: '' });
    const told = { at: nowMs, actor: ACTOR, operation: 'list.describe', list, subject: '' };
    addAudit(database, { ...told, before: null, after, origin: '' });
  }
  return writer.finish()[0];
}
