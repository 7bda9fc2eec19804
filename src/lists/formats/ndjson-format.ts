/** One JSON object a line: `{"key": …, "action": …, "comment": …, "expires_at": …}`. */
import { isTooDeep, MAX_JSON_DEPTH } from '../../util/json-depth.ts';
import { repeatedField } from '../../util/repeated-field.ts';
import { formatTime, parseTime } from '../../util/rfc3339.ts';
import { shown } from '../shown.ts';
import { TIME_HELP } from './csv-format.ts';
import { hasExpired } from './has-expired.ts';
import type { ImportedEntry, ImportedText, ImportMistake, ListFormat } from './list-format.ts';

const FIELDS = ['key', 'action', 'comment', 'expires_at'];

export const NDJSON_FORMAT: ListFormat = {
  mediaType: 'application/x-ndjson',
  read: readNdjson,
  heading: () => '',
  write: (entries, nowMs) =>
    entries
      .filter((entry) => !hasExpired(entry, nowMs))
      .map(({ key, action, comment, expires }) => {
        const expires_at = expires === null ? null : formatTime(expires);
        return `${JSON.stringify({ key, action, comment, expires_at })}\n`;
      })
      .join(''),
  canWrite: () => true,
  ending: () => '',
};

function readNdjson(text: string): ImportedText {
  const entries: ImportedEntry[] = [];
  const mistakes: ImportMistake[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const entry = readLine(line, at + 1);
    if ('message' in entry) mistakes.push(entry);
    else entries.push(entry);
  }
  return { entries, mistakes };
}

function readLine(text: string, line: number): ImportedEntry | ImportMistake {
  const mistake = (message: string, help: string): ImportMistake => ({ line, message, help });
  if (isTooDeep(text))
    return mistake(`the line has more than ${MAX_JSON_DEPTH} levels`, 'write one object a line');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return mistake('the line is no JSON', 'write one object a line');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return mistake('the line is no JSON object', 'write one object a line');
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    return mistake(`unknown field ${shown(unknown)}`, `the fields are ${FIELDS.join(', ')}`);
  const repeated = repeatedField(text);
  if (repeated !== undefined)
    return mistake(`the field ${shown(repeated)} stands there twice`, 'keep one of the two');
  const { key, action, comment = '', expires_at: time = null } = fields;
  if (typeof key !== 'string' || typeof action !== 'string' || typeof comment !== 'string') {
    return mistake('key, action and comment must be texts', 'write them in quotes');
  }
  const expires = time === null ? null : typeof time === 'string' ? parseTime(time) : undefined;
  if (expires === undefined) return mistake('expires_at is no time', TIME_HELP);
  return { line, key, action, comment, expires };
}
