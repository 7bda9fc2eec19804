/**
 * Domain names as Postfix cuts them. A name is text, compared as it is; folding
 * its case is the caller's business.
 */

/** `a.b.c` gives `b.c`; undefined for a name of one label. */
export function parentDomain(name: string): string | undefined {
  const dot = name.indexOf('.', 1);
  return dot < 0 || dot === name.length - 1 ? undefined : name.slice(dot + 1);
}

/** Removes one trailing dot, but leaves `x..` and `.` as they are, as smtpd does before it judges a name. */
export function withoutTrailingDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && !name.endsWith('..') ? name.slice(0, -1) : name;
}
