/**
 * Domain names as Postfix cuts them. A name is text, compared as it is; folding
 * its case is the caller's business.
 */
import { domainToASCII, domainToUnicode } from 'node:url';

/** The ASCII that host names are made of, and all beyond ASCII. */
const OF_HOST_NAME = /^[-\w.*\x80-\uffff]*$/;
/** At either end of a label, or in the third and fourth place (RFC 5891 §4.2.3.1). */
const BAD_HYPHEN = /^-|-$|^..--/;

/**
 * A name as the DNS has it (RFC 5891): U-labels become A-labels; undefined
 * when they cannot. Stricter than the parser of URLs that it asks: that one
 * ends a host at `/`, decodes `%2e`, drops tabs, and minds no hyphens.
 */
export function asciiDomain(name: string): string | undefined {
  if (!/[^\0-\x7f]/.test(name)) return name;
  if (!OF_HOST_NAME.test(name)) return undefined;
  const ascii = domainToASCII(name);
  if (
    ascii === '' ||
    domainToUnicode(ascii)
      .split('.')
      .some((label) => BAD_HYPHEN.test(label))
  ) {
    return undefined;
  }
  return ascii;
}

/** Removes one trailing dot, but leaves `x..` and `.` as they are, as smtpd does before it judges a name. */
export function withoutTrailingDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && !name.endsWith('..') ? name.slice(0, -1) : name;
}
