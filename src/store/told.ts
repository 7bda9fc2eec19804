/** Before and after of an edit, as the audit tells them. */
import type { ListEntry } from './list-records.ts';
import type { ListState } from './list-rows.ts';

/** What the audit keeps of an entry: what people have written. */
export function told(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('action' in value)) return value;
  const { action, comment, expires } = value as ListEntry;
  return { action, comment, expires: expires === null ? null : new Date(expires).toISOString() };
}

/** Of a list that is dropped: what it was, and how many entries went with it. */
export function toldList({ listKind, description, entries }: ListState): unknown {
  return { kind: listKind, description, entries };
}
