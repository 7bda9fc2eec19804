/**
 * True for a text that can stand in one line of a table: no line break, no control character but the tab, and no
 * half of a surrogate pair, which no file in UTF-8 can hold and the store would change.
 */
export function isOneLine(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return !/[\0-\x08\x0a-\x1f\x7f]/.test(text) && text.isWellFormed();
}

/** What is wrong with a text that cannot. */
export const NOT_ONE_LINE = 'has a control character, a line break or half a character';
