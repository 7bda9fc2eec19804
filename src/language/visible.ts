/**
 * Text of unknown origin made safe and readable on a terminal or in a log:
 * control characters, invisible characters and halves of surrogate pairs are
 * shown instead of sent.
 */

/**
 * Controls, format characters (bidi overrides, zero-width, byte order mark), line and paragraph separators, and
 * blanks that look like one and are none.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u00a0\u2000-\u200a\u202f]/gu;

/** Two columns wide on a terminal (UAX #11, the common blocks). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{M}/u;

/** Tabs become spaces: columns below a line must agree with it wherever it starts. */
const TAB = '    ';

export function visible(text: string): string {
  return text.replace(HIDDEN, show);
}

function show(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\t') return TAB;
  if (code < 32) return String.fromCodePoint(0x2400 + code);
  if (code === 127) return '\u2421';
  return `\\u{${code.toString(16)}}`;
}

/** Columns that a text, already visible, takes on a terminal. */
export function columns(text: string): number {
  let width = 0;
  for (const character of text) {
    if (COMBINING.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}
