/** The options of a PCRE2 pattern that it can change itself: `(?i)`, `(?i-s:…)`, `(?^x)`. */
import type { PatternCursor } from './pattern-cursor.ts';

export interface PcreOptions {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  /** Only with `x`: spaces mean nothing within a class either. */
  readonly xx: boolean;
  readonly U: boolean;
  readonly n: boolean;
  /** A name may be given to several groups. */
  readonly J: boolean;
}

const LETTERS = /[imsxnUJ]*/y;
const RESET = { i: false, m: false, s: false, x: false, xx: false, n: false };

/** Reads the letters behind `(?`; what ends them is left to the caller. */
export function readOptions(cursor: PatternCursor, before: PcreOptions): PcreOptions {
  const isReset = cursor.take('^');
  const on = cursor.takeMatch(LETTERS);
  const off = !isReset && cursor.take('-') ? cursor.takeMatch(LETTERS) : '';
  if (cursor.isAtEnd) throw missingParenthesis(cursor);
  if (cursor.char === '-') throw cursor.syntaxError('invalid hyphen in option setting');
  return { ...before, ...(isReset ? RESET : {}), ...changes(on, true), ...changes(off, false) };
}

function changes(letters: string, isOn: boolean): Partial<PcreOptions> {
  const changed = Object.fromEntries([...letters].map((letter) => [letter, isOn]));
  return letters.includes('x') ? { ...changed, xx: isOn && letters.includes('xx') } : changed;
}

export function missingParenthesis(cursor: PatternCursor): Error {
  return cursor.syntaxError('missing closing parenthesis');
}
