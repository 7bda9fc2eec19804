/**
 * The logical lines of a table file, as postmap(1) and the pattern tables
 * read them: a line that begins with white space continues the one before,
 * also across comments and empty lines, which are dropped wherever they stand.
 */
import type { Source, Span } from '../language/source.ts';
import { isSpace } from '../language/white-space.ts';

export interface TableLine {
  /** Without line ends; continuations are joined as they are, white space and all. */
  readonly text: string;
  /** Where it begins in its source, and where its last physical line ends. */
  readonly start: number;
  readonly end: number;
  /** It continues a line that does not exist; Postfix skips it. */
  readonly isOrphan: boolean;
}

/** White space in the C locale. */
const BLANK_OR_COMMENT = /[ \t\r\v\f]*(?:#|$)/y;

export class TableLineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): TableLine | undefined {
    const text = this.#text;
    let joined = '';
    let start = 0;
    let end = 0;
    while (this.#at < text.length) {
      const lineStart = this.#at;
      const newline = text.indexOf('\n', lineStart);
      const lineEnd = newline < 0 ? text.length : newline;
      this.#at = lineEnd + 1;
      const line = text.slice(lineStart, lineEnd);
      if (!isIgnored(line)) {
        if (joined === '') start = lineStart;
        joined = joined === '' ? line : joined + line;
        end = lineEnd;
      }
      if (joined !== '' && !continues(text.charCodeAt(this.#at))) break;
    }
    if (joined === '') return undefined;
    return { text: joined, start, end, isOrphan: isSpace(joined.charCodeAt(0)) };
  }
}

/** The place of a part of a line; of the whole line when continuations make columns meaningless. */
export function spanInLine(source: Source, line: TableLine, from: number, to: number): Span {
  return line.end - line.start === line.text.length
    ? source.span(line.start + from, line.start + to)
    : source.span(line.start, line.end);
}

function isIgnored(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first > 0x20 && first !== 0x23) return false;
  BLANK_OR_COMMENT.lastIndex = 0;
  return BLANK_OR_COMMENT.test(line);
}

function continues(code: number): boolean {
  return code === 0x23 || code === 0x0a || isSpace(code);
}
