/**
 * `[:name:]`, `[.x.]` and `[=x=]` in patterns of PCRE2: named classes and
 * collating elements, of which it knows the first alone, and within a class alone.
 */
import { CharSet, POSIX_CLASSES, WORD } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';

/** The classes of POSIX, and the two that PCRE2 adds. */
const CLASSES: ReadonlyMap<string, CharSet> = new Map([
  ...Object.entries(POSIX_CLASSES),
  ['word', WORD],
  ['ascii', CharSet.range(0, 0x7f)],
]);

interface Written {
  readonly mark: string;
  readonly text: string;
  /** Behind the `]`. */
  readonly end: number;
}

/**
 * What PCRE2 takes for such a name; the cursor is at its `[`. It ends at its mark
 * with a `]` behind; any other `]`, or a `[` with the same mark, comes first in
 * what is none. Escaped brackets and backslashes are passed over.
 */
function written(cursor: PatternCursor): Written | undefined {
  const { text } = cursor;
  const mark = text.charAt(cursor.at + 1);
  if (cursor.char !== '[' || mark === '' || !':.='.includes(mark)) return undefined;
  for (let at = cursor.at + 2; at + 1 < text.length; at++) {
    const pair = text.slice(at, at + 2);
    if (pair === '\\]' || pair === '\\\\') at++;
    else if (pair === `[${mark}` || text[at] === ']') return undefined;
    else if (pair === `${mark}]`) return { mark, text: text.slice(cursor.at + 2, at), end: at + 2 };
  }
  return undefined;
}

export function isPosixName(cursor: PatternCursor): boolean {
  return written(cursor) !== undefined;
}

/** Refuses a class that is none, since it begins and ends as a name does; the cursor is at its `[`. */
export function refuseNameAlone(cursor: PatternCursor): void {
  const found = written(cursor);
  if (found === undefined) return;
  const { mark, text } = found;
  if (mark !== ':') throw collatingElement(cursor, mark);
  throw cursor.syntaxError(
    'POSIX named classes are supported only within a class',
    CLASSES.has(text.replace('^', '')) ? `write \`[[:${text}:]]\`` : setOfCharacters(mark),
  );
}

/** Reads `[:name:]` within a class; undefined, with nothing read, when none stands here. */
export function readNamedClass(cursor: PatternCursor): CharSet | undefined {
  const found = written(cursor);
  if (found === undefined) return undefined;
  const { mark, text, end } = found;
  if (mark !== ':') throw collatingElement(cursor, mark);
  const isNegated = text.startsWith('^');
  const name = isNegated ? text.slice(1) : text;
  const set = CLASSES.get(name);
  if (set === undefined) {
    throw cursor.syntaxError(
      `unknown POSIX class name \`${name}\``,
      `the names are ${[...CLASSES.keys()].join(', ')}`,
    );
  }
  cursor.at = end;
  return isNegated ? set.complement() : set;
}

function collatingElement(cursor: PatternCursor, mark: string): Error {
  return cursor.syntaxError('POSIX collating elements are not supported', setOfCharacters(mark));
}

function setOfCharacters(mark: string): string {
  return `if a set of characters is meant, do not let it both begin and end with \`${mark}\``;
}
