/**
 * DNS deny and allow lists (RFC 5782) as Postfix asks them: the argument of
 * reject_rbl_client and its like, the name to ask for, what an answer means.
 *
 * Pure: asks nobody. An answer outside 127.0.0.0/8 and the error answers of
 * operators are never a listing here, unless the policy wants Postfix's own
 * behaviour (`dnsbl_error_answers = listed`). Which names and clients a
 * restriction asks for is the restriction's business.
 */
import { parseIpAddress, parseIpv4 } from '../net/ip-address.ts';
import {
  type AddressPattern,
  isPatternError,
  type PatternError,
  parseAddressPattern,
} from './address-pattern.ts';
import { type ErrorReason, errorAnswersOf } from './dnsbl-error-answers.ts';
import type { DnsAnswer } from './resolver.ts';
import { ZoneMask } from './zone-mask.ts';

/** `bl.example=127.0.0.[2..11]`, compiled. */
export interface DnsblArgument {
  /** The whole, as written: the key of rbl_reply_maps. */
  readonly argument: string;
  /** The zone alone. */
  readonly domain: string;
  /** The zone as it is shown, `$rbl_domain` too: a customer's key in it is masked. */
  readonly shown: string;
  /** What follows the `=`; undefined: any address is a listing. */
  readonly filter: AddressPattern | undefined;
  readonly errorReason: ErrorReason;
}

export type DnsblResult =
  | { readonly kind: 'listed'; readonly addresses: readonly string[] }
  | { readonly kind: 'not_listed' }
  /** The list answered, but said nothing about the subject. */
  | { readonly kind: 'error_answer'; readonly address: string; readonly reason: string }
  /** Nobody knows: the lookup failed. */
  | { readonly kind: 'tempfail'; readonly reason: string };

/** The values of `dnsbl_error_answers`. */
export type ErrorAnswers = 'ignored' | 'listed';

/** rbl_pagein() of smtpd(8) keeps this many octets of TXT records. */
const MAX_REASON_LENGTH = 500;
const REASON_SEPARATOR = ' / ';
const LOOPBACK_NETWORK = 127;
const NOT_LISTED: DnsblResult = { kind: 'not_listed' };

const NO_PRIVATE_ZONES = new ZoneMask();

/** The argument of a DNSBL restriction, or what is wrong with its filter and where in the argument. */
export function parseDnsblArgument(
  argument: string,
  mask: ZoneMask = NO_PRIVATE_ZONES,
): DnsblArgument | PatternError {
  const equals = argument.indexOf('=');
  const domain = equals < 0 ? argument : argument.slice(0, equals);
  if (domain === '') return { error: 'empty DNSBL domain', start: 0, end: argument.length };
  const place = { argument, domain, shown: mask.text(domain), errorReason: errorAnswersOf(domain) };
  if (equals < 0) return { ...place, filter: undefined };
  const filter = parseAddressPattern(argument.slice(equals + 1));
  if (isPatternError(filter)) {
    return { error: filter.error, start: equals + 1 + filter.start, end: equals + 1 + filter.end };
  }
  return { ...place, filter };
}

export function isDnsblArgumentError(value: DnsblArgument | PatternError): value is PatternError {
  return 'error' in value;
}

/**
 * The name to ask for about a client: octets reversed, or 32 nibbles for IPv6
 * (RFC 5782 §2.1, §2.4). `undefined` when `address` is no IP address.
 */
export function dnsblAddressName(address: string, domain: string): string | undefined {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) return undefined;
  const octets = parsed.octets();
  let name = '';
  for (let at = octets.length - 1; at >= 0; at -= 1) {
    const octet = octets[at] ?? 0;
    name += parsed.family === 4 ? `${octet}.` : `${(octet & 15).toString(16)}.${(octet >> 4).toString(16)}.`;
  }
  return name + domain;
}

/** The same without the zone; '' for what is no IP address. */
export function dnsblAddressPoint(address: string): string {
  return dnsblAddressName(address, '')?.slice(0, -1) ?? '';
}

/** What the answer to the A query says. */
export function readDnsblAnswer(
  answer: DnsAnswer,
  list: DnsblArgument,
  errorAnswers: ErrorAnswers = 'ignored',
): DnsblResult {
  if (answer.status === 'tempfail') return { kind: 'tempfail', reason: answer.reason };
  if (answer.status !== 'found') return NOT_LISTED;
  const listed: string[] = [];
  let error: DnsblResult | undefined;
  for (const { data } of answer.records) {
    const address = parseIpv4(data);
    const reason = errorAnswers === 'listed' ? undefined : reasonOf(address, list);
    if (reason !== undefined) error ??= { kind: 'error_answer', address: data, reason };
    else if (list.filter === undefined || list.filter(address)) listed.push(data);
  }
  if (listed.length > 0) return { kind: 'listed', addresses: listed };
  return error ?? NOT_LISTED;
}

/**
 * `$rbl_reason` from the answer to the TXT query: as much as Postfix shows. Of
 * each record the first character-string, unprintable octets as blanks, joined
 * with ` / `, at most 500 octets. A list that names its own zone there does not
 * tell the client the key in it.
 */
export function dnsblReason(answer: DnsAnswer, mask: ZoneMask = NO_PRIVATE_ZONES): string {
  let reason = '';
  for (const [index, { data, firstString }] of answer.records.entries()) {
    const spaceLeft = MAX_REASON_LENGTH - reason.length;
    if (spaceLeft <= 0) break;
    reason += mask.text(printable(firstString ?? data)).slice(0, spaceLeft);
    const isLast = index === answer.records.length - 1;
    if (!isLast && MAX_REASON_LENGTH - reason.length > REASON_SEPARATOR.length) reason += REASON_SEPARATOR;
  }
  return reason;
}

function reasonOf(address: number, list: DnsblArgument): string | undefined {
  // RFC 5782 §2.1: such an answer comes from a parked domain or a resolver that rewrites NXDOMAIN.
  if (address >>> 24 !== LOOPBACK_NETWORK) return 'the answer is outside 127.0.0.0/8';
  return list.errorReason(address);
}

/** A blank for each octet that is not printable ASCII. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => ' '.repeat(Buffer.byteLength(character)));
}
