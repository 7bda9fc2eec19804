import type { PromiseOrValue } from '../util/promise-or-value.ts';

export const DNS_TYPES = ['A', 'AAAA', 'MX', 'NS', 'PTR', 'TXT'] as const;
export type DnsType = (typeof DNS_TYPES)[number];

export interface DnsQuery {
  readonly name: string;
  readonly type: DnsType;
}

/**
 * One resource record of the type that was asked for; aliases (CNAME) have
 * been followed.
 */
export interface DnsRecord {
  /**
   * A, AAAA: the address in canonical text form. MX, NS, PTR: the host name
   * without its trailing dot ('' for the root, as in a null MX, RFC 7505).
   * TXT: the character-strings joined, as Latin-1-safe UTF-8 text.
   */
  readonly data: string;
  /** MX only, else 0. */
  readonly preference: number;
  /**
   * Only for a TXT record of several character-strings: the first of them,
   * which is all that Postfix's dns_lookup(3) takes of a record.
   */
  readonly firstString?: string;
}

/**
 * What the DNS says of a name and type. NXDOMAIN, NODATA and failure are told
 * apart (RFC 2308), because restrictions treat them differently.
 */
export interface DnsAnswer {
  readonly status: 'found' | 'nxdomain' | 'nodata' | 'tempfail';
  /** In the order of the answer; MX sorted by preference. Empty unless `found`. */
  readonly records: readonly DnsRecord[];
  /** Seconds it may be kept: the smallest TTL of the answer, or the negative TTL of the zone. */
  readonly ttlSeconds: number;
  /**
   * For `tempfail` the cause, such as `SERVFAIL`, `REFUSED`, `timeout`. For
   * `nodata` it is `INVALID_DATA` when there were records, but none that names
   * a valid host: Postfix calls that a malformed reply, does not go on to
   * other types, and treats it as permanent. Else ''.
   */
  readonly reason: string;
}

/** See `DnsAnswer.reason`. */
export const INVALID_DATA = 'invalid record data';

/** A question's answer: a plain value when it is in the cache, else a promise. Never throws, never rejects. */
export interface Resolver {
  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer>;
}

/**
 * An MX record that names the root says that the domain takes no mail (RFC
 * 7505 §3). It should stand alone; dns_lookup(3) does not mind if it does not.
 */
export function isNullMx({ records }: DnsAnswer): boolean {
  return records.some((record) => record.data === '');
}
