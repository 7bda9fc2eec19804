/** Comma-separated values, RFC 4180: the first line names the columns, in any order. */
import { formatTime, parseTime, TIME_EXAMPLE } from '../../util/rfc3339.ts';
import { shown } from '../shown.ts';
import { hasExpired } from './has-expired.ts';
import type { ImportedEntry, ImportedText, ImportMistake, ListFormat } from './list-format.ts';

export const TIME_HELP = `write a time as in \`${TIME_EXAMPLE}\`, or leave it out for never`;

const COLUMNS = ['key', 'action', 'comment', 'expires_at'] as const;
type Column = (typeof COLUMNS)[number];

export const CSV_FORMAT: ListFormat = {
  mediaType: 'text/csv',
  read: readCsv,
  heading: () => `${COLUMNS.join(',')}\r\n`,
  write: (entries, nowMs) =>
    entries
      .filter((entry) => !hasExpired(entry, nowMs))
      .map(({ key, action, comment, expires }) => {
        const fields = [key, action, comment, expires === null ? '' : formatTime(expires)];
        return `${fields.map(quoted).join(',')}\r\n`;
      })
      .join(''),
  canWrite: () => true,
  ending: () => '',
};

/** White space at the ends counts only within quotes: people put it behind commas. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) || field !== field.trim() ? `"${field.replaceAll('"', '""')}"` : field;
}

function readCsv(text: string): ImportedText {
  const entries: ImportedEntry[] = [];
  const mistakes: ImportMistake[] = [];
  const { records, mistake } = splitRecords(text.startsWith('\ufeff') ? text.slice(1) : text);
  const heading = records.shift();
  const columns = heading?.fields.map((name) => name.trim()) ?? [];
  const unknown = columns.filter((name) => !COLUMNS.includes(name as Column));
  if (!columns.includes('key') || !columns.includes('action') || unknown.length > 0) {
    const message =
      unknown[0] === undefined ? 'the first line names no columns' : `unknown column ${shown(unknown[0])}`;
    return { entries, mistakes: [{ line: 1, message, help: `begin with \`${COLUMNS.join(',')}\`` }] };
  }
  const repeated = columns.find((name, at) => columns.indexOf(name) !== at);
  if (repeated !== undefined) {
    const message = `the column ${shown(repeated)} stands there twice`;
    return { entries, mistakes: [{ line: 1, message, help: 'keep one of the two' }] };
  }
  for (const { line, fields } of records) {
    if (fields.length === 1 && fields[0] === '') continue;
    if (fields.length !== columns.length) {
      const message = `${fields.length} fields where there are ${columns.length} columns`;
      mistakes.push({ line, message, help: 'put fields with a comma into quotes' });
      continue;
    }
    const field = (name: Column) => fields[columns.indexOf(name)] ?? '';
    const expires = field('expires_at') === '' ? null : parseTime(field('expires_at'));
    if (expires === undefined) mistakes.push({ line, message: 'expires_at is no time', help: TIME_HELP });
    else {
      entries.push({ line, key: field('key'), action: field('action'), comment: field('comment'), expires });
    }
  }
  if (mistake !== undefined) mistakes.push(mistake);
  return { entries, mistakes };
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Up to the comma, the line break or the closing quote. */
const FIELD = /"((?:[^"]|"")*)"(?=,|\r?\n|$)|([^",\r\n]*)(?=,|\r?\n|$)/y;

function splitRecords(text: string): { records: CsvRecord[]; mistake: ImportMistake | undefined } {
  const records: CsvRecord[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const fields: string[] = [];
    const start = line;
    for (;;) {
      FIELD.lastIndex = at;
      const found = FIELD.exec(text);
      if (found === null) {
        const mistake = {
          line,
          message: 'a quote stands where none may',
          help: 'double quotes within a quoted field',
        };
        return { records, mistake };
      }
      fields.push(found[1]?.replaceAll('""', '"') ?? found[2]?.trim() ?? '');
      at += found[0].length;
      line += found[0].split('\n').length - 1;
      if (text[at] !== ',') break;
      at += 1;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line += 1;
    records.push({ line: start, fields });
  }
  return { records, mistake: undefined };
}
