/** How answers without records are made. Answers are immutable and shared. */
import type { DnsAnswer, DnsRecord } from './resolver.ts';

const NO_RECORDS: readonly DnsRecord[] = Object.freeze([]);

/** The answer for names that cannot be in the DNS; nobody was asked, so it keeps for a day. */
export const NOT_IN_DNS: DnsAnswer = negative('nxdomain', 86_400);

/** Nothing there, for `ttlSeconds` (RFC 2308). */
export function negative(status: 'nxdomain' | 'nodata', ttlSeconds: number, reason = ''): DnsAnswer {
  return Object.freeze({ status, records: NO_RECORDS, ttlSeconds, reason });
}

/** Nobody knows. How long that is kept is the cache's choice. */
export function tempfail(reason: string): DnsAnswer {
  return Object.freeze({ status: 'tempfail', records: NO_RECORDS, ttlSeconds: 0, reason });
}
