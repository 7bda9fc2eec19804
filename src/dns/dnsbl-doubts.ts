/**
 * What can be odd about a DNSBL that stays in use: it rejects nobody wrongly,
 * but may protect less than people think. Each kind with its words and its
 * cure.
 */

import { publicResolversAmong } from './dnsbl-faults.ts';
import { findDnsbl } from './dnsbl-knowledge.ts';

export type DnsblDoubtCode = 'answers_everything' | 'silent_family';

export interface DnsblDoubt {
  readonly code: DnsblDoubtCode;
  /** What was seen, as a clause whose subject is the list. */
  readonly reason: string;
  /** What to do about it, as a sentence. */
  readonly cure: string;
  /** True where one probe proves nothing, since datagrams get lost. */
  readonly mayPass: boolean;
}

/** How doubts are made. */
export const DNSBL_DOUBTS = {
  answersEverything: (point: string, address: string): DnsblDoubt => ({
    code: 'answers_everything',
    reason: `answers ${address} to ${point}, which must not be listed; only the filter keeps that out`,
    cure: 'see whether the list is refused in this way, has closed, or the resolver rewrites answers',
    mayPass: false,
  }),
  silentFamily: (family: 'IPv4' | 'IPv6'): DnsblDoubt => ({
    code: 'silent_family',
    reason: `gives no answer about ${family} addresses`,
    cure: `every client with ${family} waits for it in vain: see whether the list knows ${family} at all`,
    mayPass: true,
  }),
};

/**
 * Why a list may be without its test entry, and what to do, as a clause.
 *
 * @param isEverywhere no list that is asked through these servers has one
 */
export function causeOfMissingEntry(zone: string, servers: readonly string[], isEverywhere: boolean): string {
  const facts = findDnsbl(zone);
  if (facts?.status === 'closed') return `it has closed (${facts.since}): remove it from the policy`;
  const open = publicResolversAmong(servers);
  const resolver =
    open.length > 0 ? `${open.join(', ')}, a public resolver,` : `the resolver (${servers.join(', ')})`;
  if (isEverywhere) {
    return `no other list has one either, so that ${resolver} is the likely cause: it is refused, or keeps answers in 127.0.0.0/8 back as a protection against DNS rebinding does; ${OWN_RESOLVER}`;
  }
  if (facts?.status === 'alive') {
    return `it is known to have had one: it has been emptied, or ${resolver} is refused or keeps the answer back; ${OWN_RESOLVER}`;
  }
  return `it may be dead, or ${resolver} is refused; if it is one of your own, give it one, or name it in dnsbl_health_exceptions`;
}

const OWN_RESOLVER =
  'run a resolver of your own, such as unbound, that does neither, and name it in dns.servers';
