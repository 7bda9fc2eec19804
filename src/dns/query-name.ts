/**
 * Which names can be asked for, and in what form.
 *
 * Owns the rule by which Postfix's dns_lookup(3) answers "not found" without
 * asking anybody: a name that is an IP address, is all digits, or is no valid
 * hostname; and the rule of getaddrinfo(3), which smtpd asks for addresses of
 * hosts. HELO names are chosen by strangers, so this is also what keeps
 * their odd bytes off the wire. Does not change case, strips nothing.
 */
import { asciiDomain } from '../net/domain-name.ts';
import { isValidHostname } from '../net/hostname-rules.ts';
import { inetAton } from '../net/inet-aton.ts';
import type { DnsType } from './resolver.ts';

/** RFC 1035 §2.3.4: 255 octets on the wire, which is 253 characters without the trailing dot. */
export const MAX_NAME_LENGTH = 253;

/** Letters, digits, `-` and `_`; the whole name does not begin with `-`, a label may, and may end with it. */
const SYSTEM_NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

/**
 * The name as it goes on the wire: itself, or its A-labels (RFC 5891) when it
 * is not ASCII. `undefined` for a name that Postfix would not ask for.
 */
export function queryName(name: string): string | undefined {
  if (isLookupName(name)) return name;
  const ascii = asciiDomain(name);
  return ascii !== undefined && isLookupName(ascii) ? ascii : undefined;
}

/** What dns_lookup(3) lets pass, in questions and in record data: valid host names, also with `*` as first label. */
export function isLookupName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  if (!name.startsWith('*')) return isValidHostname(name);
  return (name.length === 1 || name[1] === '.') && isValidHostname(`x${name.slice(1)}`);
}

/** What getaddrinfo(3) of the GNU library looks up in the DNS: a little more than dns_lookup(3), but no wildcard. */
export function isSystemName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && SYSTEM_NAME.test(name) && inetAton(name) === undefined;
}

/** The name as it goes on the wire where both ways to ask are open, which is for addresses only. */
export function wireName(name: string, type: DnsType): string | undefined {
  const isAddress = type === 'A' || type === 'AAAA';
  return queryName(name) ?? (isAddress && isSystemName(name) ? name : undefined);
}
