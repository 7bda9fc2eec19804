/**
 * White space as Postfix's C sees it, which is not what JavaScript's `\s` or
 * `trim` mean: no Unicode blank separates anything in main.cf.
 */

/** isspace(3): space, tab, newline, vertical tab, form feed, carriage return. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The separators of Postfix's words: space, tab, carriage return, newline. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** First offset from `start` on, and before `end`, that is not white space. */
export function skipSpace(text: string, start: number, end: number = text.length): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The offset after the last character before `end`, and from `start` on, that is not white space. */
export function trimEnd(text: string, start: number, end: number = text.length): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

/** First offset from `start` on, and before `end`, that is not a separator of words. */
export function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}
