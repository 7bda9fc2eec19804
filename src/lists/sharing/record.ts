/**
 * A register as Redis holds it: `STAMP HASH FORMAT DATA`. The first two are
 * what the scripts in Redis read: the newer stamp wins, and hashes add up to
 * digests. DATA is a JSON array.
 *
 * Nothing that comes out of Redis is believed: what is not a register of this
 * list and key, hash included, is told apart here.
 */
import { type Change, DROP_KEY, LIST_KEY, LIST_KINDS, registerKey } from '../../store/list-records.ts';
import { registerHash } from '../../store/register-hash.ts';
import { isStamp } from '../../store/stamp.ts';

/**
 * corrupt: no register; of no use to anybody. foreign: a register, but in the
 * format of another version of Postward.
 */
export type Unreadable = 'corrupt' | 'foreign';

const FORMAT = '1';
const RECORD = /^(\S{26}) ([0-9a-f]{12}) (\S{1,8}) (.*)$/s;
/** Longer than the longest register with all its limits, see lists/key.ts. */
const MAX_LENGTH = 32_768;

export const BUCKETS = 256;

export function encodeRecord(change: Change): string {
  const { list, stamp, created, createdBy, changed, changedBy, isDeleted } = change;
  const common = [created, createdBy, changed, changedBy, isDeleted ? 1 : 0];
  const data =
    change.kind === 'entry'
      ? [change.action, change.comment, change.expires, ...common]
      : [change.listKind, change.kind === 'list' ? change.description : '', null, ...common];
  const hash = registerHash(list, registerKey(change), stamp).toString(16).padStart(12, '0');
  return `${stamp} ${hash} ${FORMAT} ${JSON.stringify(data)}`;
}

/** @param key as `registerKey` has it */
export function decodeRecord(list: string, key: string, text: string): Change | Unreadable {
  const match = text.length > MAX_LENGTH ? null : RECORD.exec(text);
  if (match === null) return 'corrupt';
  const [, stamp = '', hash = '', format, json = ''] = match;
  if (!isStamp(stamp) || Number.parseInt(hash, 16) !== registerHash(list, key, stamp)) return 'corrupt';
  if (format !== FORMAT) return 'foreign';
  const data = parseArray(json);
  if (data === undefined) return 'corrupt';
  const [first, second, expires, created, createdBy, changed, changedBy, deleted] = data;
  if (!isText(first) || !isText(second) || !isText(createdBy) || !isText(changedBy)) return 'corrupt';
  if (!isTime(created) || !isTime(changed) || (deleted !== 0 && deleted !== 1)) return 'corrupt';
  if (expires !== null && !isTime(expires)) return 'corrupt';
  const register = { list, stamp, created, createdBy, changed, changedBy, isDeleted: deleted === 1 };
  if (key !== LIST_KEY && key !== DROP_KEY)
    return { kind: 'entry', key, action: first, comment: second, expires, ...register };
  const listKind = LIST_KINDS.find((kind) => kind === first);
  if (listKind === undefined) return 'foreign';
  // A list is dropped by a register of its own, and by nothing else.
  if (register.isDeleted !== (key === DROP_KEY)) return 'corrupt';
  if (key === DROP_KEY) return { kind: 'drop', listKind, ...register };
  return { kind: 'list', listKind, description: second, ...register };
}

/** What a value adds to the digest of its bucket as the scripts in Redis count; NaN for what they throw out. */
export function claimedHash(text: string): number {
  return Number.parseInt(RECORD.exec(text)?.[2] ?? '', 16);
}

/** Which of the BUCKETS a key is in: FNV-1a, folded to 8 bits. */
export function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (BUCKETS - 1);
}

function parseArray(json: string): readonly unknown[] | undefined {
  try {
    const data: unknown = JSON.parse(json);
    return Array.isArray(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
