import type { PromiseOrValue } from '../util/promise-or-value.ts';

export type DnsType = 'A' | 'AAAA' | 'MX' | 'NS' | 'PTR' | 'TXT';

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
  /** For `tempfail` the cause, such as `SERVFAIL`, `REFUSED`, `timeout`; else ''. */
  readonly reason: string;
}

/** A question's answer: a plain value when it is in the cache, else a promise. Never throws, never rejects. */
export interface Resolver {
  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer>;
}
