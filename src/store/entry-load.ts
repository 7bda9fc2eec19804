/**
 * The load at start: what decides of the entries of a list, in chunks of a few
 * flat columns. A thread hands over a million keys in one array of bytes a
 * chunk at the price of copying memory; a million strings cost a second.
 */
import { NOT_BURIED } from './list-rows.ts';
import type { StoreDatabase } from './store-database.ts';

/** Entries in the order of their keys. */
export interface LoadedEntries {
  /** In UTF-8, one after the other. */
  readonly keys: Uint8Array;
  /** Where each key ends in `keys`. */
  readonly ends: Uint32Array;
  /** Distinct actions. */
  readonly actions: readonly string[];
  /** For each entry the index of its action. */
  readonly actionOf: Uint32Array;
  /** Milliseconds since 1970; 0: never. */
  readonly expires: Float64Array;
  /** The last key, when there are more to load. */
  readonly next: string | undefined;
}

export interface LoadRequest {
  readonly list: string;
  /** The key that came last; '' for the first chunk. */
  readonly after: string;
  readonly nowMs: number;
  readonly limit: number;
}

/** Those in force. */
export function loadEntries(
  database: StoreDatabase,
  { list, after, nowMs, limit }: LoadRequest,
): LoadedEntries {
  const condition = hasBuried(database, list) ? `AND ${NOT_BURIED}` : '';
  const rows = database.columns(
    `SELECT key, action, expires FROM entry
     WHERE list = ? AND key > ? AND deleted = 0 AND (expires IS NULL OR expires > ?) ${condition}
     ORDER BY key LIMIT ?`,
    list,
    after,
    nowMs,
    limit,
  ) as [key: string, action: string, expires: number | null][];
  const indexes = new Map<string, number>();
  const actionOf = new Uint32Array(rows.length);
  const expires = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const [, action, until] = rows[at] as (typeof rows)[number];
    let index = indexes.get(action);
    if (index === undefined) {
      index = indexes.size;
      indexes.set(action, index);
    }
    actionOf[at] = index;
    expires[at] = until ?? 0;
  }
  const keys = rows.map(([key]) => key);
  const next = rows.length < limit ? undefined : keys.at(-1);
  return { ...packed(keys), actions: [...indexes.keys()], actionOf, expires, next };
}

/** The condition costs a fifth more: for a million entries it is left out where it can be. */
function hasBuried(database: StoreDatabase, list: string): boolean {
  return database.get('SELECT 1 FROM list WHERE name = ? AND buried = 1', list) !== undefined;
}

function packed(keys: readonly string[]): Pick<LoadedEntries, 'keys' | 'ends'> {
  const text = keys.join('');
  const bytes = new TextEncoder().encode(text);
  const isAscii = bytes.length === text.length;
  const ends = new Uint32Array(keys.length);
  let end = 0;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    end += isAscii ? key.length : Buffer.byteLength(key);
    ends[at] = end;
  }
  return { keys: bytes, ends };
}
