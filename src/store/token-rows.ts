/** The rows of the admin API's tokens. */
import type { NewAuditRecord } from './audit-records.ts';
import { addAudit } from './audit-rows.ts';
import {
  nullableNumber,
  nullableText,
  number,
  type Row,
  type StoreDatabase,
  text,
} from './store-database.ts';
import type { TokenRecord } from './token-records.ts';

/** Tokens change together with the record of it in the audit, or not at all. */
export interface Audited {
  readonly audit: NewAuditRecord;
}

/** @returns false when another token has that name */
export function addToken(
  database: StoreDatabase,
  { token, audit }: Audited & { readonly token: TokenRecord },
): boolean {
  if (database.get('SELECT 1 FROM token WHERE name = ?', token.name) !== undefined) return false;
  database.run(
    'INSERT INTO token (id, name, hash, scopes, lists, actions, created, expires, last_used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    token.id,
    token.name,
    token.hash,
    JSON.stringify(token.scopes),
    textsOf(token.lists),
    textsOf(token.actions),
    token.created,
    token.expires,
    token.lastUsed,
  );
  addAudit(database, audit);
  return true;
}

/** By name. */
export function readTokens(database: StoreDatabase): TokenRecord[] {
  return database.all('SELECT * FROM token ORDER BY name').map(tokenRecord);
}

/** @returns false when there is none of that id */
export function removeToken(
  database: StoreDatabase,
  { id, audit }: Audited & { readonly id: string },
): boolean {
  if (database.run('DELETE FROM token WHERE id = ?', id) === 0) return false;
  addAudit(database, audit);
  return true;
}

/** @returns false when there is none of that id */
export function touchToken(
  database: StoreDatabase,
  { id, at }: { readonly id: string; readonly at: number },
): boolean {
  return database.run('UPDATE token SET last_used = ? WHERE id = ?', at, id) > 0;
}

function tokenRecord(row: Row): TokenRecord {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    hash: text(row, 'hash'),
    scopes: JSON.parse(text(row, 'scopes')) as string[],
    lists: parsedTexts(nullableText(row, 'lists')),
    actions: parsedTexts(nullableText(row, 'actions')),
    created: number(row, 'created'),
    expires: nullableNumber(row, 'expires'),
    lastUsed: nullableNumber(row, 'last_used'),
  };
}

function textsOf(texts: readonly string[] | null): string | null {
  return texts === null ? null : JSON.stringify(texts);
}

function parsedTexts(json: string | null): string[] | null {
  return json === null ? null : (JSON.parse(json) as string[]);
}
