/**
 * A query with values in it, written for one session of one database, so that
 * no value can be anything but a value.
 *
 * Postfix puts escaped values into the author's text; the same is done here,
 * with attention to what stands around them: a value outside of quotes can be a
 * word or a number only, where Postfix would let it be SQL.
 */

/** What stands around a value: `''`, `''` with backslashes (PostgreSQL's E''), `""`, backticks, or nothing. */
export type SqlQuotes = 'single' | 'escape' | 'double' | 'backtick' | 'none';

export interface SqlValue {
  readonly value: string;
  readonly quotes: SqlQuotes;
}

/** Texts of the author, and values between them. */
export type SqlQuery = readonly (string | SqlValue)[];

export interface SqlDialect {
  /** A backslash in `''` begins an escape. */
  readonly hasBackslashes: boolean;
  /** `""` is a text with the same escapes as `''`; else it is a name. */
  readonly hasDoubleQuotedTexts: boolean;
}

const BARE_WORD = /^[\w.]+$/;

/** undefined if a value has no place where it stands. */
export function renderSql(query: SqlQuery, dialect: SqlDialect): string | undefined {
  let text = '';
  for (const part of query) {
    const rendered = typeof part === 'string' ? part : renderValue(part, dialect);
    if (rendered === undefined) return undefined;
    text += rendered;
  }
  return text;
}

function renderValue({ value, quotes }: SqlValue, dialect: SqlDialect): string | undefined {
  // No database takes it in a text, and some end the query there.
  if (value.includes('\0')) return undefined;
  const { hasBackslashes, hasDoubleQuotedTexts } = dialect;
  switch (quotes) {
    case 'single':
      return escaped(value, "'", hasBackslashes);
    case 'escape':
      return escaped(value, "'", true);
    case 'double':
      return escaped(value, '"', hasBackslashes && hasDoubleQuotedTexts);
    case 'backtick':
      return escaped(value, '`', false);
    case 'none':
      return BARE_WORD.test(value) ? value : undefined;
  }
}

function escaped(value: string, quote: string, hasBackslashes: boolean): string {
  const doubled = value.replaceAll(quote, quote + quote);
  return hasBackslashes ? doubled.replaceAll('\\', '\\\\') : doubled;
}
