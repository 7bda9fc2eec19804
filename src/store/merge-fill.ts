/**
 * The audit of a list that is filled from another server: what it gets beyond
 * the first thousand entries has one record, brought up to date in each
 * transaction. Who made each entry, and when, stands in the entry.
 */
import { addAudit } from './audit-rows.ts';
import { number, type StoreDatabase } from './store-database.ts';

const ACTOR = 'sharing';
const MAX_TOLD = 1000;

export interface FillRecord {
  readonly list: string;
  /** Registers of entries so far. */
  readonly brought: number;
  /** Those without an audit record of their own. */
  readonly summed: number;
  /** The audit record for them; undefined: there is none yet. */
  readonly audit?: number | undefined;
}

export function newFill(list: string): FillRecord {
  return { list, brought: 0, summed: 0 };
}

/** Whether an entry, counted from 1 in its transaction, has no audit record of its own. */
export function isSummed({ brought }: FillRecord, position: number): boolean {
  return brought + position > MAX_TOLD;
}

export function noteFill(
  database: StoreDatabase,
  fill: FillRecord,
  news: { brought: number; summed: number; origin: string; nowMs: number },
): FillRecord {
  const { list, audit } = fill;
  const next = { list, brought: fill.brought + news.brought, summed: fill.summed + news.summed, audit };
  if (news.summed === 0) return next;
  const after = JSON.stringify({ entries: next.summed });
  if (audit !== undefined) {
    database.run('UPDATE audit SET after = ? WHERE id = ?', after, audit);
    return next;
  }
  addAudit(database, {
    at: news.nowMs,
    actor: ACTOR,
    operation: 'list.fill',
    list,
    subject: '',
    before: null,
    after,
    origin: news.origin,
  });
  return { ...next, audit: number(database.get('SELECT last_insert_rowid() AS id') ?? {}, 'id') };
}
