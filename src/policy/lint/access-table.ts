/**
 * The entries of access tables with their places, for the rules that look at
 * keys and results: text files of every kind, `inline:`, `static:` and rules that are written out. A reader
 * of its own, since the tables that answer lookups keep no places.
 *
 * Promises every entry that has a key and a result; lines with mistakes are left
 * out (the table has reported them), and so are files too large to look through.
 */
import { Source, type Span } from '../../language/source.ts';
import { insideBraces, splitWords, trim } from '../../tables/braced-words.ts';
import { hasInlineRules, inlineRules } from '../../tables/inline-rules.ts';
import { parseTableSpec } from '../../tables/registry.ts';
import { spanInLine, type TableLine, TableLineReader } from '../../tables/table-lines.ts';
import type { TableSet } from '../../tables/table-set.ts';
import type { LintContext } from './lint-rule.ts';
import { everyItem, type RestrictionItem } from './restriction-list.ts';
import { readSmallFile } from './small-file.ts';

export interface AccessRow {
  /** The search string, network or pattern; '' for `static:`. */
  readonly key: string;
  readonly keySpan: Span;
  readonly value: string;
  readonly valueSpan: Span;
  /** It applies only where an `if` of a cidr or pattern table holds. */
  readonly isConditional: boolean;
}

export interface AccessTable {
  readonly spec: string;
  /** How keys are compared: `exact` one by one, `cidr` and `pattern` in the order of the file, `static` not at all. */
  readonly matching: 'exact' | 'cidr' | 'pattern' | 'static';
  /** The restrictions that ask it. */
  readonly users: readonly RestrictionItem[];
  readonly rows: readonly AccessRow[];
}

/** A file of this size has some 25,000 entries, which nobody wrote by hand; looking through them takes 0.1 s. */
const MAX_BYTES = 1024 * 1024;

const MATCHING: Readonly<Record<string, AccessTable['matching']>> = {
  hash: 'exact',
  btree: 'exact',
  lmdb: 'exact',
  cdb: 'exact',
  dbm: 'exact',
  sdbm: 'exact',
  texthash: 'exact',
  inline: 'exact',
  cidr: 'cidr',
  regexp: 'pattern',
  pcre: 'pattern',
  static: 'static',
};

/** @param tables says which tables may be looked into; undefined: any */
export function readAccessTables(
  lists: Pick<LintContext, 'lists' | 'classes'>,
  tables?: Pick<TableSet, 'mayOpen'>,
): readonly AccessTable[] {
  const users = new Map<string, RestrictionItem[]>();
  for (const { item } of everyItem(lists)) {
    if (item.restriction.argument !== 'table' || item.argument === undefined) continue;
    const spec = specOf(item.argument.text);
    const known = users.get(spec);
    if (known === undefined) users.set(spec, [item]);
    else known.push(item);
  }
  return [...users].flatMap(([spec, items]) => {
    const rows = items[0]?.argument && readRowsOf(spec, items[0].argument.span, tables);
    return rows === undefined ? [] : [{ spec, matching: matchingOf(spec) ?? 'exact', users: items, rows }];
  });
}

/**
 * The entries of any table; undefined: it is no text, or may not be looked into.
 *
 * @param place where it is named
 */
export function readRowsOf(
  spec: string,
  place: Span,
  tables: Pick<TableSet, 'mayOpen'> | undefined,
): readonly AccessRow[] | undefined {
  const { type = '', name = '' } = parseTableSpec(spec) ?? {};
  const matching = matchingOf(spec);
  if (matching === undefined || tables?.mayOpen(spec) === false) return undefined;
  if (type === 'static' || type === 'inline') return writtenOut(type, name, place);
  if (matching !== 'exact' && hasInlineRules(name)) {
    const rules = inlineRules(name);
    const rows = Array.isArray(rules) ? readRows(new Source(spec, rules.join('')), matching) : [];
    return rows.map((row) => ({ ...row, keySpan: place, valueSpan: place }));
  }
  const file = readSmallFile(name, MAX_BYTES);
  return file && readRows(new Source(name, file.text), matching);
}

export function matchingOf(spec: string): AccessTable['matching'] | undefined {
  return MATCHING[parseTableSpec(spec)?.type ?? ''];
}

/** check_ccert_access has its table in braces, with options; `proxy:` stands for the table behind it. */
export function specOf(argument: string): string {
  const spec = argument.startsWith('{')
    ? (splitWords(insideBraces(argument) ?? '')[0] ?? argument)
    : argument;
  return spec.replace(/^proxy:/, '');
}

function writtenOut(type: string, name: string, span: Span): readonly AccessRow[] {
  const inside = insideBraces(name);
  const pairs = type === 'static' ? [`=${trim(inside ?? name)}`] : splitWords(inside ?? '');
  return pairs.flatMap((word) => {
    const pair = trim(type === 'inline' ? (insideBraces(word) ?? word) : word);
    const equals = pair.indexOf('=');
    if (equals < 0) return [];
    const [key, value] = [trim(pair.slice(0, equals)), trim(pair.slice(equals + 1))];
    return [{ key, keySpan: span, value, valueSpan: span, isConditional: false }];
  });
}

function readRows(source: Source, matching: AccessTable['matching']): readonly AccessRow[] {
  const rows: AccessRow[] = [];
  const lines = new TableLineReader(source.text);
  let depth = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.isOrphan) continue;
    const word = matching === 'exact' ? undefined : /^(?:end)?if(?![0-9a-z])/i.exec(line.text)?.[0];
    if (word === undefined) rows.push(...readRow(source, line, matching, depth > 0));
    else depth = Math.max(0, depth + (word.length === 2 ? 1 : -1));
  }
  return rows;
}

function readRow(
  source: Source,
  line: TableLine,
  matching: AccessTable['matching'],
  isConditional: boolean,
): AccessRow[] {
  const keyEnd = matching === 'pattern' ? patternEnd(line.text) : firstSpace(line.text);
  const value = line.text.slice(keyEnd).trim();
  if (keyEnd <= 0 || value === '') return [];
  const valueStart = line.text.indexOf(value, keyEnd);
  return [
    {
      key: line.text.slice(0, keyEnd),
      keySpan: spanInLine(source, line, 0, keyEnd),
      value,
      valueSpan: spanInLine(source, line, valueStart, valueStart + value.length),
      isConditional,
    },
  ];
}

/** -1 for a key with blanks in quotes. */
function firstSpace(text: string): number {
  return /^"[^"]*\s/.test(text) ? -1 : text.search(/\s/);
}

/** Behind `/pattern/flags`, whatever stands for the slash. */
function patternEnd(text: string): number {
  let at = text.search(/[^!\s]/);
  const delimiter = text[at];
  for (at += 1; at < text.length && text[at] !== delimiter; at++) if (text[at] === '\\') at += 1;
  const space = text.slice(at).search(/\s/);
  return space < 0 ? -1 : at + space;
}
