/** Bracketed character classes of PCRE2: `[…]`. */
import { CharSet, POSIX_CLASSES } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';
import { escapedSet, readEscapedCode } from './pcre-escape.ts';

/** Reads a class; the cursor is behind its `[`. */
export function readPcreClass(cursor: PatternCursor, isCaseless: boolean): CharSet {
  const set = new CharSet();
  const isNegated = cursor.take('^');
  let isQuoted = false;
  let isFirst = true;
  for (;;) {
    if (cursor.isAtEnd) throw cursor.syntaxError('missing terminating `]` for character class');
    if (isQuoted && cursor.take('\\E')) {
      isQuoted = false;
      continue;
    }
    if (!isQuoted && cursor.take('\\Q')) {
      isQuoted = true;
      continue;
    }
    if (!isQuoted && cursor.take('\\E')) continue;
    if (!isQuoted && cursor.char === ']' && !isFirst) break;
    isFirst = false;
    const item = isQuoted ? cursor.next().charCodeAt(0) : readItem(cursor);
    if (isQuoted || !startsRange(cursor)) {
      if (typeof item === 'number') set.add(item);
      else set.addAll(item);
      continue;
    }
    cursor.at++;
    const quoted = cursor.take('\\Q');
    const last = quoted ? cursor.next().charCodeAt(0) : readItem(cursor);
    isQuoted = quoted;
    if (typeof item !== 'number' || typeof last !== 'number') {
      throw cursor.syntaxError('invalid range in character class', 'put a `-` that is meant literally last');
    }
    if (last < item) throw cursor.syntaxError('range out of order in character class');
    set.addAll(CharSet.range(item, last));
  }
  cursor.at++;
  const folded = isCaseless ? set.caseless() : set;
  return isNegated ? folded.complement() : folded;
}

/** A hyphen that is not the last in its class. */
function startsRange(cursor: PatternCursor): boolean {
  return (
    cursor.char === '-' && cursor.text.charAt(cursor.at + 1) !== ']' && cursor.at + 1 < cursor.text.length
  );
}

function readItem(cursor: PatternCursor): number | CharSet {
  if (cursor.char === '[' && /[:.=]/.test(cursor.text.charAt(cursor.at + 1))) {
    const named = readNamedClass(cursor);
    if (named !== undefined) return named;
  }
  if (!cursor.take('\\')) return cursor.next().charCodeAt(0);
  const set = escapedSet(cursor.char);
  if (set !== undefined) {
    cursor.at++;
    return set;
  }
  if (cursor.take('b')) return 8;
  if (/[BNRX]/.test(cursor.char)) {
    throw cursor.syntaxError(`escape sequence \`\\${cursor.char}\` is invalid in a character class`);
  }
  return readEscapedCode(cursor);
}

function readNamedClass(cursor: PatternCursor): CharSet | undefined {
  const found = /^\[([:.=])(\^?)([a-zA-Z0-9_-]*)\1\]/.exec(cursor.text.slice(cursor.at, cursor.at + 40));
  if (found === null) return undefined;
  const [whole, mark, not, name = ''] = found;
  if (mark !== ':') throw cursor.syntaxError('POSIX collating elements are not supported');
  const set = Object.hasOwn(POSIX_CLASSES, name) ? POSIX_CLASSES[name] : undefined;
  const known = name === 'word' ? escapedSet('w') : name === 'ascii' ? CharSet.range(0, 0x7f) : set;
  if (known === undefined) throw cursor.syntaxError(`unknown POSIX class name \`${name}\``);
  cursor.at += whole.length;
  return not === '^' ? known.complement() : known;
}
