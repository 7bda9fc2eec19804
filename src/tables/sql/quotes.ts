/** What stands around each placeholder of a query: its quotes, as the database reads them. */
import type { SqlQuotes } from '../../databases/sql-text.ts';
import type { Template } from '../map-file/template.ts';

export interface QuoteRules {
  /** A backslash in `''` begins an escape. */
  readonly hasBackslashes: boolean;
  /** `E''` is a text with backslashes. */
  readonly hasEscapeTexts: boolean;
}

/** One for each placeholder, in order. */
export function quotesOf(query: Template, rules: QuoteRules): SqlQuotes[] {
  const found: SqlQuotes[] = [];
  let quotes: SqlQuotes = 'none';
  let before = '';
  for (const part of query) {
    if (typeof part !== 'string') {
      found.push(quotes);
      before = '';
      continue;
    }
    for (let at = 0; at < part.length; at++) {
      const char = part.charAt(at);
      if (quotes === 'none') {
        quotes = opening(char, before, rules);
      } else if (char === '\\' && (quotes === 'escape' || (rules.hasBackslashes && quotes !== 'backtick'))) {
        at++;
      } else if (char === CLOSING[quotes]) {
        quotes = 'none';
      }
      before = (before + char).slice(-2);
    }
  }
  return found;
}

const CLOSING: Readonly<Record<Exclude<SqlQuotes, 'none'>, string>> = {
  single: "'",
  escape: "'",
  double: '"',
  backtick: '`',
};

/** @param before the two characters before it */
function opening(char: string, before: string, { hasEscapeTexts }: QuoteRules): SqlQuotes {
  if (char === '"') return 'double';
  if (char === '`') return 'backtick';
  if (char !== "'") return 'none';
  return hasEscapeTexts && /(?:^|\W)[eE]$/.test(before) ? 'escape' : 'single';
}
