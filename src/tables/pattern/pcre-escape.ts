/**
 * Backslash escapes of PCRE2, pcre2pattern(3), that stand for a character or
 * for a set of them, inside and outside of brackets.
 */
import { ANY, type CharSet, DIGIT, HORIZONTAL_SPACE, SPACE, VERTICAL_SPACE, WORD } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';

const SETS: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: DIGIT.complement(),
  w: WORD,
  W: WORD.complement(),
  s: SPACE,
  S: SPACE.complement(),
  h: HORIZONTAL_SPACE,
  H: HORIZONTAL_SPACE.complement(),
  v: VERTICAL_SPACE,
  V: VERTICAL_SPACE.complement(),
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/** What `\d` and its like stand for; undefined for any other letter. */
export function escapedSet(letter: string): CharSet | undefined {
  return Object.hasOwn(SETS, letter) ? SETS[letter] : undefined;
}

/** Any character but a newline: `\N`, and `.` without dot-all. */
export const NOT_NEWLINE = ANY.without(0x0a);

/**
 * Reads what stands behind a backslash as one character, given by its code. The
 * cursor is behind the backslash. Fails for letters that mean nothing.
 */
export function readEscapedCode(cursor: PatternCursor): number {
  const start = cursor.at;
  const char = cursor.next();
  if (char === '') throw cursor.syntaxError('`\\` at the end of the pattern');
  if (!/[0-9A-Za-z]/.test(char)) return char.charCodeAt(0);
  const control = Object.hasOwn(CONTROLS, char) ? CONTROLS[char] : undefined;
  if (control !== undefined) return control;
  switch (char) {
    case 'c': {
      const code = cursor.code;
      if (!(code >= 0x20 && code <= 0x7e))
        throw cursor.syntaxError('`\\c` needs a printable ASCII character');
      cursor.at++;
      return (
        cursor.text
          .charAt(cursor.at - 1)
          .toUpperCase()
          .charCodeAt(0) ^ 0x40
      );
    }
    case 'x':
      if (cursor.take('{')) return bracedCode(cursor, /[0-9A-Fa-f]*/y, 16);
      return Number.parseInt(cursor.takeMatch(/[0-9A-Fa-f]{0,2}/y) || '0', 16);
    case 'o':
      if (!cursor.take('{')) throw cursor.syntaxError('missing `{` after `\\o`');
      return bracedCode(cursor, /[0-7]*/y, 8);
    default:
      break;
  }
  if (/[0-7]/.test(char)) {
    cursor.at = start;
    const code = Number.parseInt(cursor.takeMatch(/[0-7]{1,3}/y), 8);
    if (code > 255) throw cursor.syntaxError('octal value is greater than \\377');
    return code;
  }
  cursor.at = start;
  if ('89'.includes(char)) return cursor.next().charCodeAt(0);
  if ('FLlUu'.includes(char)) throw cursor.syntaxError(`PCRE2 does not support \`\\${char}\``);
  throw cursor.syntaxError(
    `unrecognized character follows \\: \`\\${char}\``,
    `remove the backslash, if you mean the letter \`${char}\``,
  );
}

function bracedCode(cursor: PatternCursor, digits: RegExp, base: number): number {
  const text = cursor.takeMatch(digits);
  if (text === '' || !cursor.take('}')) throw cursor.syntaxError('digits and `}` expected');
  const code = Number.parseInt(text, base);
  if (code > 255) throw cursor.syntaxError('character code is too large: patterns match bytes, 0 to 255');
  return code;
}
