/**
 * An answer as the text that servers share: a JSON array of version, name,
 * type, status, TTL, reason and records.
 *
 * Promises that what it reads back is an answer to the very question, of the
 * shape and within the bounds of one that came from the DNS itself
 * (read-answer.ts). Whatever else is found in the shared store, of another
 * version, truncated, foreign or forged, is `undefined` and no exception.
 */
import { parseIpAddress } from '../net/ip-address.ts';
import { negative } from './answer.ts';
import { isHostData, MAX_RECORDS, MAX_TTL_SECONDS, MAX_TXT_LENGTH } from './read-answer.ts';
import { type DnsAnswer, type DnsRecord, type DnsType, INVALID_DATA } from './resolver.ts';

/** Of the format: servers of different versions may share a store. */
const VERSION = 1;
const FIELDS = 7;
const MAX_PREFERENCE = 65_535;

/** Longer texts are neither written nor read; few answers come near a tenth of it. */
export const MAX_ANSWER_TEXT = 16_384;

/** `undefined` for an answer that is not shared: a failure, or a very long one. */
export function writeAnswer(name: string, type: DnsType, answer: DnsAnswer): string | undefined {
  if (answer.status === 'tempfail') return undefined;
  const { status, ttlSeconds, reason, records } = answer;
  const rows = records.map(({ data, preference, firstString }) =>
    firstString === undefined ? [data, preference] : [data, preference, firstString],
  );
  const text = JSON.stringify([VERSION, name, type, status, ttlSeconds, reason, rows]);
  return Buffer.byteLength(text) > MAX_ANSWER_TEXT ? undefined : text;
}

/** `name` in lower case. */
export function readAnswerText(text: string, name: string, type: DnsType): DnsAnswer | undefined {
  if (text.length > MAX_ANSWER_TEXT) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields) || fields.length !== FIELDS) return undefined;
  const [version, ofName, ofType, status, ttlSeconds, reason, rows] = fields as unknown[];
  if (version !== VERSION || ofName !== name || ofType !== type) return undefined;
  if (!isInteger(ttlSeconds, MAX_TTL_SECONDS) || !Array.isArray(rows)) return undefined;
  if (status === 'found') {
    const records = readRows(rows, type);
    return records === undefined || reason !== '' ? undefined : { status, records, ttlSeconds, reason };
  }
  if (rows.length > 0) return undefined;
  if (status === 'nxdomain' && reason === '') return negative(status, ttlSeconds);
  if (status === 'nodata' && (reason === '' || reason === INVALID_DATA)) {
    return negative(status, ttlSeconds, reason);
  }
  return undefined;
}

function readRows(rows: readonly unknown[], type: DnsType): DnsRecord[] | undefined {
  if (rows.length === 0 || rows.length > MAX_RECORDS) return undefined;
  const records: DnsRecord[] = [];
  for (const row of rows) {
    const record = Array.isArray(row) ? readRow(row, type) : undefined;
    if (record === undefined) return undefined;
    const before = records.at(-1);
    if (before !== undefined && before.preference > record.preference) return undefined;
    records.push(record);
  }
  return records;
}

function readRow(row: readonly unknown[], type: DnsType): DnsRecord | undefined {
  const [data, preference, firstString] = row;
  if (typeof data !== 'string' || !isInteger(preference, type === 'MX' ? MAX_PREFERENCE : 0))
    return undefined;
  if (!isDataOf(type, data)) return undefined;
  if (row.length === 2) return { data, preference };
  const isFirst = typeof firstString === 'string' && firstString.length <= MAX_TXT_LENGTH;
  return row.length === 3 && type === 'TXT' && isFirst ? { data, preference, firstString } : undefined;
}

function isDataOf(type: DnsType, data: string): boolean {
  switch (type) {
    case 'A':
    case 'AAAA': {
      const address = parseIpAddress(data);
      return address?.family === (type === 'A' ? 4 : 6) && address.toString() === data;
    }
    case 'TXT':
      return data.length <= MAX_TXT_LENGTH;
    case 'MX':
      return data === '' || isHostData(data);
    default:
      return isHostData(data);
  }
}

function isInteger(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
