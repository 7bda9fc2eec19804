/**
 * A member of `dnsbl_sites`, in the syntax of postscreen_dnsbl_sites
 * (postconf(5)): `domain[=filter][*weight]`.
 */
import { isValidHostname } from '../net/hostname-rules.ts';
import type { PatternError } from './address-pattern.ts';
import { type DnsblArgument, isDnsblArgumentError, parseDnsblArgument } from './dnsbl.ts';
import type { ZoneMask } from './zone-mask.ts';

export interface DnsblSite {
  /** `domain[=filter]`, without the weight. */
  readonly list: DnsblArgument;
  /** Added once to the score of a client that it lists; negative: an allow list. */
  readonly weight: number;
  /** As written, a key masked. */
  readonly shown: string;
}

/** A score is an int in postscreen(8); this leaves room to add a few up. */
const MAX_WEIGHT_DIGITS = 9;

/** The site, or what is wrong with it and where. */
export function parseDnsblSite(text: string, mask: ZoneMask): DnsblSite | PatternError {
  const star = text.indexOf('*');
  const argument = star < 0 ? text : text.slice(0, star);
  const weight = star < 0 ? '1' : text.slice(star + 1);
  if (!new RegExp(`^[+-]?\\d{1,${MAX_WEIGHT_DIGITS}}$`).test(weight)) {
    return { error: `bad weight \`${weight}\``, start: star + 1, end: text.length };
  }
  const list = parseDnsblArgument(argument, mask);
  if (isDnsblArgumentError(list)) return list;
  if (!isValidHostname(list.domain)) {
    return { error: 'bad domain name', start: 0, end: list.domain.length };
  }
  return { list, weight: Number(weight), shown: mask.text(text) };
}

export function isDnsblSiteError(value: DnsblSite | PatternError): value is PatternError {
  return 'error' in value;
}
