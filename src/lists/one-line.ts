/** True for a text that can stand in one line of a table: no line break, no control character but the tab. */
export function isOneLine(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return !/[\0-\x08\x0a-\x1f\x7f]/.test(text);
}
