/**
 * What PCRE2 decides by Unicode properties: `\p{L}`, `\P{L}`, `\pL` and `\X`.
 * They are read, and what PCRE2 refuses is refused, but we cannot match them.
 */
import { ANY, type CharSet } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';
import type { Node } from './syntax-tree.ts';

/** The cursor is at the letter behind the backslash. What is returned stands in for what we cannot match. */
export function unicodeProperty(cursor: PatternCursor): CharSet {
  const start = cursor.at - 1;
  const letter = cursor.next();
  if (cursor.takeMatch(/\{[^}]*\}|[A-Za-z]/y) === '') {
    throw cursor.syntaxError(`malformed \`\\${letter}\` sequence`);
  }
  noteLimit(cursor, start);
  return ANY;
}

/** `\X`, several characters that are seen as one; the cursor is at the letter. */
export function graphemeCluster(cursor: PatternCursor): Node {
  cursor.at++;
  noteLimit(cursor, cursor.at - 2);
  return {
    kind: 'repeat',
    body: { kind: 'set', set: ANY },
    min: 1,
    max: Number.POSITIVE_INFINITY,
    isLazy: false,
  };
}

function noteLimit(cursor: PatternCursor, start: number): void {
  cursor.noteLimit(
    start,
    `\`${cursor.text.slice(start, cursor.at)}\` is not supported: it asks for Unicode properties`,
    'write the characters out in brackets, such as `[A-Za-z]`; Postfix has no letters beyond ASCII here either: it takes each byte for a character of its own',
  );
}
