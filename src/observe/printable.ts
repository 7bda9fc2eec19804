/**
 * Texts from outside made safe for a log: what a client sends must not forge
 * lines, move a terminal's cursor, or fill the disk.
 */

/** Longer values are cut; more than any SMTP address or host name has (RFC 5321 §4.5.3.1). */
const MAX_LENGTH = 512;

// C0 and C1 controls, line and paragraph separators, and the marks that reorder text on a screen.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `?` for each character that does not belong in a log, as Postfix does; over-long texts end in `…`. */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  return cut(text, maxLength).replace(UNPRINTABLE, '?');
}

/** Over-long texts end in `…`. */
export function cut(text: string, maxLength = MAX_LENGTH): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1).toWellFormed()}…` : text;
}
