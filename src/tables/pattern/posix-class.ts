/** Bracket expressions of POSIX regular expressions, in the C locale. */
import { CharSet, POSIX_CLASSES } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';

/**
 * Reads a bracket expression; the cursor is behind its `[`. The set is the one
 * the text says: folding case is the caller's business.
 */
export function readPosixClass(cursor: PatternCursor, fold: (code: number) => number): CharSet {
  const set = new CharSet();
  const isNegated = cursor.take('^');
  let isFirst = true;
  while (isFirst || cursor.char !== ']') {
    if (cursor.isAtEnd) throw cursor.syntaxError('unmatched `[`');
    isFirst = false;
    const named = readNamed(cursor);
    if (named !== undefined) {
      if (cursor.char === '-' && cursor.text.charAt(cursor.at + 1) !== ']') throw invalidRange(cursor);
      for (let code = 0; code < 256; code++) if (named.has(code)) set.add(fold(code));
      continue;
    }
    const first = readElement(cursor);
    if (cursor.char !== '-' || cursor.text.charAt(cursor.at + 1) === ']') {
      set.add(fold(first));
      continue;
    }
    cursor.at++;
    if (cursor.isAtEnd) throw cursor.syntaxError('unmatched `[`');
    if (readNamed(cursor) !== undefined) throw invalidRange(cursor);
    const last = fold(readElement(cursor));
    if (last < fold(first)) throw invalidRange(cursor);
    set.addAll(CharSet.range(fold(first), last));
  }
  cursor.at++;
  return isNegated ? set.complement() : set;
}

function invalidRange(cursor: PatternCursor): Error {
  return cursor.syntaxError('invalid range end', 'put a `-` that is meant literally last');
}

/** `[:alpha:]`; undefined when none stands here. */
function readNamed(cursor: PatternCursor): CharSet | undefined {
  if (!cursor.startsWith('[:')) return undefined;
  const end = cursor.text.indexOf(':]', cursor.at + 2);
  if (end < 0) return undefined;
  const name = cursor.text.slice(cursor.at + 2, end);
  const set = Object.hasOwn(POSIX_CLASSES, name) ? POSIX_CLASSES[name] : undefined;
  if (set === undefined) throw cursor.syntaxError(`invalid character class name \`${name}\``);
  cursor.at = end + 2;
  return set;
}

/** One character, or one written `[.x.]` or `[=x=]`. */
function readElement(cursor: PatternCursor): number {
  for (const mark of ['.', '=']) {
    if (!cursor.startsWith(`[${mark}`)) continue;
    if (cursor.text.slice(cursor.at + 3, cursor.at + 5) !== `${mark}]`) {
      throw cursor.syntaxError('invalid collation character');
    }
    cursor.at += 5;
    return cursor.text.charCodeAt(cursor.at - 3);
  }
  return cursor.next().charCodeAt(0);
}
