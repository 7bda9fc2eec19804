/**
 * Domain names as Postfix cuts them. A name is text, compared as it is; folding
 * its case is the caller's business.
 */

/** Removes one trailing dot, but leaves `x..` and `.` as they are, as smtpd does before it judges a name. */
export function withoutTrailingDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && !name.endsWith('..') ? name.slice(0, -1) : name;
}
