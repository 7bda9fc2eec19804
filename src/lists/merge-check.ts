/** Changes from elsewhere, held against the rules for edits: what breaks them is left out, and reported. */
import type { MergeableChange } from '../store/list-merge.ts';
import { type Change, LIST_KINDS } from '../store/list-records.ts';
import { isStamp, MAX_AHEAD_MS, stampTime } from '../store/stamp.ts';
import { isListName } from '../tables/list-tables.ts';
import { MAX_EXPIRES_MS } from './action-pool.ts';
import { MAX_COMMENT_LENGTH, MAX_DESCRIPTION_LENGTH } from './edit-check.ts';
import { isKeyMistake, type ParsedKey, parseKey } from './key.ts';
import { MAX_ACTION_LENGTH, verbOf } from './list-action.ts';

const MAX_NAME_LENGTH = 200;

export interface InvalidChange {
  readonly list: string;
  readonly key: string;
  readonly reason: string;
}

export function checkChange(change: Change, nowMs: number): MergeableChange | InvalidChange {
  const reason = reasonAgainst(change, nowMs);
  const key = change.kind === 'entry' ? String(change.key) : '';
  if (reason !== undefined) return { list: String(change.list), key, reason };
  if (change.kind !== 'entry') return change;
  const parsed = canonicalKey(key);
  if (parsed === undefined) return { list: change.list, key, reason: 'key' };
  return { ...change, class: parsed.class, verb: change.isDeleted ? '' : verbOf(change.action) };
}

/** The field that makes no sense, or what is wrong with it. */
function reasonAgainst(change: Change, nowMs: number): string | undefined {
  if (!isListName(change.list)) return 'list';
  if (!isStamp(change.stamp)) return 'stamp';
  if (stampTime(change.stamp) > nowMs + MAX_AHEAD_MS)
    return 'stamped more than a day ahead of the clock here';
  if (!isTime(change.created) || !isTime(change.changed)) return 'time';
  if (!isText(change.createdBy, MAX_NAME_LENGTH) || !isText(change.changedBy, MAX_NAME_LENGTH))
    return 'author';
  if (typeof change.isDeleted !== 'boolean') return 'isDeleted';
  if (change.kind !== 'entry') {
    if (!LIST_KINDS.includes(change.listKind)) return 'kind';
    if (change.isDeleted !== (change.kind === 'drop')) return 'isDeleted';
    if (change.kind === 'drop') return undefined;
    return isText(change.description, MAX_DESCRIPTION_LENGTH) ? undefined : 'description';
  }
  if (!isText(change.action, MAX_ACTION_LENGTH)) return 'action';
  if ((change.action.trim() === '') !== change.isDeleted) return 'action';
  if (!isText(change.comment, MAX_COMMENT_LENGTH)) return 'comment';
  const { expires } = change;
  return expires === null || (isTime(expires) && expires <= MAX_EXPIRES_MS) ? undefined : 'expires';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, most: number): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  return typeof value === 'string' && value.length <= most && !/[\0-\x08\x0a-\x1f\x7f]/.test(value);
}

/** Of any kind of list: which one it is can change while the entry is under way. */
function canonicalKey(key: string): ParsedKey | undefined {
  for (const kind of ['any', 'helo'] as const) {
    const parsed = parseKey(key, kind);
    if (!isKeyMistake(parsed) && parsed.key === key) return parsed;
  }
  return undefined;
}
