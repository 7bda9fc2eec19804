/**
 * Answers of DNSBL and DNSWL operators that are messages to whoever asks, not
 * listings: "you ask through a public resolver", "you ask too much". A table,
 * so that a zone's manners are one row.
 */
import { type AddressPattern, isPatternError, parseAddressPattern } from './address-pattern.ts';

export interface ErrorAnswer {
  /** The zone and all below it; '' for every zone. */
  readonly zone: string;
  /** An ip_match(3) pattern. */
  readonly pattern: string;
  /** What the operator says with it. */
  readonly reason: string;
}

export const ERROR_ANSWERS: readonly ErrorAnswer[] = [
  // https://www.spamhaus.org/news/article/807/using-our-public-mirrors-check-your-return-codes-now:
  // .252 typing error, .254 public or open resolver, .255 too many queries. Others have taken the range over.
  { zone: '', pattern: '127.255.255.252', reason: 'the list does not know the name that was asked for' },
  { zone: '', pattern: '127.255.255.254', reason: 'the list refuses queries through this (public) resolver' },
  { zone: '', pattern: '127.255.255.255', reason: 'the list refuses this resolver for too many queries' },
  { zone: '', pattern: '127.255.255.[0..255]', reason: 'the list answers with an error code' },
  // Spamhaus DBL: an IP address was asked for where domains belong.
  { zone: '', pattern: '127.0.1.255', reason: 'the list refuses queries for IP addresses' },
  // https://www.dnswl.org/?page_id=15 and, for 127.0.10.3, which claims the highest trust for everybody,
  // https://github.com/rspamd/rspamd/pull/4627.
  {
    zone: 'dnswl.org',
    pattern: '127.0.0.255',
    reason: 'the list refuses this resolver for too many queries',
  },
  { zone: 'dnswl.org', pattern: '127.0.10.3', reason: 'the list refuses this resolver for too many queries' },
  // http://uribl.com/refused.shtml; SURBL answers alike.
  { zone: 'uribl.com', pattern: '127.0.0.1', reason: 'the list refuses queries through this resolver' },
  { zone: 'surbl.org', pattern: '127.0.0.1', reason: 'the list refuses queries through this resolver' },
];

/** The reason of an error answer; undefined when the address is none. */
export type ErrorReason = (address: number) => string | undefined;

interface CompiledRow {
  readonly zone: string;
  readonly matches: AddressPattern;
  readonly reason: string;
}

const COMPILED: readonly CompiledRow[] = ERROR_ANSWERS.flatMap(({ zone, pattern, reason }) => {
  const matches = parseAddressPattern(pattern);
  return isPatternError(matches) ? [] : [{ zone, matches, reason }];
});

/** The rows that hold for a zone. */
export function errorAnswersOf(domain: string): ErrorReason {
  const name = domain.toLowerCase();
  const rows = COMPILED.filter(({ zone }) => zone === '' || name === zone || name.endsWith(`.${zone}`));
  return (address) => rows.find((row) => row.matches(address))?.reason;
}
