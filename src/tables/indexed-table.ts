/**
 * Tables with one line a key, in the format of postmap(1): hash, btree, lmdb,
 * cdb, dbm, sdbm, read from their text source, and texthash.
 *
 * Owns the format and what happens to duplicate keys: postmap keeps the first and
 * warns, texthash fails as a whole when smtpd opens it.
 */

import type { Diagnostic, Report } from '../language/diagnostic.ts';
import { formatSpan, type Source } from '../language/source.ts';
import { isSpace, skipSpace, trimEnd } from '../language/white-space.ts';
import { foldCase } from './fold-case.ts';
import {
  type ContentReader,
  failingContent,
  LINES_PER_SLICE,
  MAX_LINE_LENGTH,
  type TableContent,
} from './table-content.ts';
import { type TableLine, TableLineReader } from './table-lines.ts';

interface Entry {
  readonly key: string;
  readonly value: string;
}

/** A line that is none: why, and what to do. */
interface Flaw {
  readonly severity: 'warning' | 'error';
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

export const readPostmapFile: ContentReader = function* (source, report) {
  return yield* readIndexed(source, report, 'first-wins');
};

export const readTexthashFile: ContentReader = function* (source, report) {
  return yield* readIndexed(source, report, 'fail');
};

function* readIndexed(
  source: Source,
  report: Report,
  onDuplicate: 'first-wins' | 'fail',
): Generator<undefined, TableContent> {
  const entries = new Map<string, string>();
  const values = new Map<string, string>();
  const duplicates: TableLine[] = [];
  const lines = new TableLineReader(source.text);
  let count = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (++count % LINES_PER_SLICE === 0) yield;
    const entry = readEntry(line);
    if ('severity' in entry) {
      report({ ...entry, span: source.span(line.start, line.end) });
      continue;
    }
    if (entry.key.endsWith(':')) report(aliasFormat(source, line));
    // Few values are distinct; sharing them keeps a large table small.
    let value = values.get(entry.value);
    if (value === undefined) {
      value = entry.value;
      values.set(value, value);
    }
    const size = entries.size;
    entries.set(foldCase(entry.key), value);
    if (entries.size === size) duplicates.push(line);
  }
  if (duplicates.length > 0) {
    const firsts = findFirstEntries(source, new Set(duplicates.map((line) => keyOf(line))));
    for (const [key, { value }] of firsts) entries.set(key, value);
    reportDuplicates(source, report, duplicates, firsts, onDuplicate);
    if (onDuplicate === 'fail') return failingContent(`${source.file}: duplicate entry`);
  }
  return { lookup: (key) => entries.get(foldCase(key)) };
}

function readEntry(line: TableLine): Entry | Flaw {
  const { text } = line;
  if (line.isOrphan) {
    return flaw(
      'line-without-start',
      'line starts with white space, but there is no line it could continue',
      'remove the white space at its start',
    );
  }
  if (text.length > MAX_LINE_LENGTH) return flaw('line-too-long', 'line is too long', 'split it');
  if (text.includes('\ufffd')) return flaw('not-utf8', 'line is not UTF-8 text', 'save the file as UTF-8');
  const end = keyEnd(text);
  if (end < 0)
    return flaw(
      'unbalanced-quote',
      'unbalanced `"`',
      'close the quoted key, or escape the quote with a backslash',
    );
  const value = text.slice(skipSpace(text, end + 1), trimEnd(text, 0));
  if (value === '') {
    return flaw(
      'entry-without-value',
      `entry \`${text.slice(0, end)}\` has no value`,
      'write the key, white space and the value, such as `REJECT`',
    );
  }
  return { key: text.slice(0, end), value };
}

function flaw(code: string, message: string, cure: string): Flaw {
  return { severity: 'warning', code, message: `${message}; Postfix ignores it`, help: cure };
}

/** The first white space outside quotes; -1 when a quote is not closed. */
export function keyEnd(text: string): number {
  let isQuoted = false;
  let at = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) isQuoted = !isQuoted;
    else if (!isQuoted && isSpace(code)) return at;
  }
  return isQuoted ? -1 : text.length;
}

function aliasFormat(source: Source, line: TableLine): Diagnostic {
  return {
    severity: 'warning',
    code: 'alias-format',
    message: 'key ends with `:`; is this an aliases file?',
    span: source.span(line.start, line.end),
    help: 'write the key without `:`',
  };
}

function reportDuplicates(
  source: Source,
  report: Report,
  duplicates: readonly TableLine[],
  firsts: ReadonlyMap<string, FirstEntry>,
  onDuplicate: 'first-wins' | 'fail',
): void {
  for (const line of duplicates) {
    const first = firsts.get(keyOf(line))?.line;
    const place = first === undefined ? 'above' : `at ${formatSpan(source.span(first.start, first.end))}`;
    report({
      severity: onDuplicate === 'fail' ? 'error' : 'warning',
      code: 'duplicate-key',
      message:
        onDuplicate === 'fail'
          ? `duplicate entry \`${keyOf(line)}\`, first ${place}; Postfix refuses the whole texthash table`
          : `duplicate entry \`${keyOf(line)}\`, first ${place}; the first one counts`,
      span: source.span(line.start, line.end),
      help: 'remove one of the two',
    });
  }
}

function keyOf(line: TableLine): string {
  const entry = readEntry(line);
  return 'key' in entry ? foldCase(entry.key) : '';
}

interface FirstEntry {
  readonly line: TableLine;
  readonly value: string;
}

/** A second pass, made only when there are duplicates. */
function findFirstEntries(source: Source, wanted: ReadonlySet<string>): ReadonlyMap<string, FirstEntry> {
  const found = new Map<string, FirstEntry>();
  const lines = new TableLineReader(source.text);
  for (let line = lines.next(); line !== undefined && found.size < wanted.size; line = lines.next()) {
    const entry = readEntry(line);
    if (!('key' in entry)) continue;
    const key = foldCase(entry.key);
    if (wanted.has(key) && !found.has(key)) found.set(key, { line, value: entry.value });
  }
  return found;
}
