import type { Report } from './diagnostic.ts';
import { closing } from './scan.ts';
import type { Span } from './source.ts';
import type { SourcedText } from './sourced-text.ts';
import { isBlank, skipSpace, trimEnd } from './white-space.ts';

/**
 * Lists of main.cf as words: separated by white space, commas or both, with
 * `{ }` protecting what is inside it (postconf(5)). A brace protects wherever it
 * stands in a word, so `inline:{ {a = b}, {c = d} }` is one.
 *
 * Splits exactly as Postfix does, also where it warns; knows no word.
 */

export interface Token {
  readonly text: string;
  readonly span: Span;
  /** True when the whole word is one `{ }` group. */
  readonly isBraced: boolean;
  /** The word; of a braced one what is inside, without white space around it. To be tokenized in turn. */
  readonly content: SourcedText;
}

const COMMA = 44;
const OPEN = 123;
const CLOSE = 125;
const HASH = 35;

/** For an expanded value; a word keeps the place where it was written. */
export function tokenize(value: SourcedText, report: Report): Token[] {
  const { text } = value;
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    while (at < text.length && isSeparator(text.charCodeAt(at))) at++;
    if (at === text.length) return tokens;
    const start = at;
    let level = 0;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === OPEN) level++;
      else if (level === 0 && isSeparator(code)) break;
      else if (level > 0 && code === CLOSE) level--;
    }
    if (level > 0) reportUnbalanced(value, start, at, report);
    if (text.charCodeAt(start) === HASH) reportComment(value, start, at, report);
    tokens.push(tokenOf(value.slice(start, at)));
  }
}

function isSeparator(code: number): boolean {
  return code === COMMA || isBlank(code);
}

function tokenOf(word: SourcedText): Token {
  const { text } = word;
  const span = word.span();
  const last = text.length - 1;
  const isBraced = text.charCodeAt(0) === OPEN && closing(text, 0, text.length) === last;
  if (!isBraced) return { text, span, isBraced, content: word };
  const start = skipSpace(text, 1, last);
  return { text, span, isBraced, content: word.slice(start, trimEnd(text, start, last)) };
}

/** Points at the brace that stays open: the outermost. */
function reportUnbalanced(value: SourcedText, start: number, end: number, report: Report): void {
  const { text } = value;
  let open = text.indexOf('{', start);
  for (let close = closing(text, open, end); close >= 0; close = closing(text, open, end)) {
    open = text.indexOf('{', close);
  }
  report({
    severity: 'error',
    code: 'unbalanced-braces',
    message: '`{` without its `}`: all that follows in the list belongs to it',
    span: value.span(open, open + 1),
    help: 'close it with `}`',
  });
}

function reportComment(value: SourcedText, start: number, end: number, report: Report): void {
  report({
    severity: 'warning',
    code: 'comment-after-text',
    message: '`#` starts a comment only where a line starts: here it and what follows are words of the list',
    span: value.span(start, end),
    help: 'put the comment on a line of its own',
  });
}

/** True when nothing but blanks stands between two words: no comma, no line end. */
export function areNeighbours(before: Token | undefined, { span }: Token): boolean {
  if (before?.span.source !== span.source) return false;
  return /^[ \t]+$/.test(span.source.text.slice(before.span.end, span.start));
}
