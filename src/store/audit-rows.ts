/** The rows of the audit. */
import type { AuditPage, AuditQuery, AuditRecord, NewAuditRecord } from './audit-records.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { BadCursor } from './list-query.ts';
import { IN_TIME, nullableText, number, type Row, type StoreDatabase, text } from './store-database.ts';

export function addAudit(database: StoreDatabase, record: NewAuditRecord): void {
  database.run(
    'INSERT INTO audit (at, actor, operation, list, subject, before, after, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    record.at,
    record.actor,
    record.operation,
    record.list,
    record.subject,
    record.before,
    record.after,
    record.origin,
  );
}

export function queryAudit(database: StoreDatabase, query: AuditQuery): AuditPage | BadCursor {
  const conditions: string[] = [IN_TIME];
  const values: (string | number)[] = [];
  const where = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where('actor = ?', query.actor);
  where('operation = ?', query.operation);
  where('list = ?', query.list);
  where('subject = ?', query.subject);
  where('at >= ?', query.since);
  where('at < ?', query.until);
  if (query.cursor !== undefined) {
    const decoded = decodeCursor(query.cursor, [0]);
    if (decoded === undefined) return new BadCursor();
    where('id < ?', decoded[0]);
  }
  const limit = query.limit ?? 100;
  const rows = database.search(
    `SELECT * FROM audit WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
    ...values,
    limit + 1,
  );
  const records = rows.slice(0, limit).map(auditRecord);
  const last = records.at(-1);
  return { records, cursor: rows.length > limit && last !== undefined ? encodeCursor([last.id]) : undefined };
}

function auditRecord(row: Row): AuditRecord {
  return {
    id: number(row, 'id'),
    at: number(row, 'at'),
    actor: text(row, 'actor'),
    operation: text(row, 'operation'),
    list: text(row, 'list'),
    subject: text(row, 'subject'),
    before: nullableText(row, 'before'),
    after: nullableText(row, 'after'),
    origin: text(row, 'origin'),
  };
}
