/**
 * What can be wrong with a DNSBL: each kind of fault with its words, and the
 * cure that a person is told.
 */
import { findDnsbl } from './dnsbl-knowledge.ts';
import { publicResolver } from './public-resolvers.ts';

export const DNSBL_FAULT_CODES = [
  'lists_the_world',
  'outside_loopback',
  'refuses',
  'times_out',
  'fails',
  'slow',
  'vanished',
] as const;

export type DnsblFaultCode = (typeof DNSBL_FAULT_CODES)[number];

export interface DnsblFault {
  readonly code: DnsblFaultCode;
  /** What was seen, as a clause whose subject is the list: `lists the world: …`. */
  readonly reason: string;
  /**
   * True where one answer proves nothing, since datagrams get lost: it takes
   * another probe to find it again.
   */
  readonly mayPass: boolean;
  /** How long caches on the way may repeat false listings; 0 where there are none. */
  readonly ttlSeconds: number;
}

const fault = (code: DnsblFaultCode, reason: string, mayPass = false, ttlSeconds = 0): DnsblFault => ({
  code,
  reason,
  mayPass,
  ttlSeconds,
});

/** How faults are made. */
export const DNSBL_FAULTS = {
  listsTheWorld: (point: string, address: string, ttlSeconds: number): DnsblFault =>
    fault(
      'lists_the_world',
      `lists the world: it answers ${address} to ${point}, which must not be listed`,
      false,
      ttlSeconds,
    ),
  outsideLoopback: (point: string, address: string): DnsblFault =>
    fault('outside_loopback', `answers outside 127.0.0.0/8: ${address} to ${point}`),
  refuses: (address: string, reason: string): DnsblFault =>
    fault('refuses', `refuses to answer, with ${address}: ${reason}`),
  timesOut: (): DnsblFault => fault('times_out', 'does not answer in time', true),
  fails: (reason: string): DnsblFault => fault('fails', `cannot be asked: ${reason}`, true),
  slow: (durationMs: number): DnsblFault =>
    fault('slow', `is slow: it took ${Math.round(durationMs)} ms to answer`, true),
  vanished: (zone: string): DnsblFault =>
    fault('vanished', `has vanished: there is no zone ${zone} in the DNS`),
};

/** What to do about it, as a sentence. `servers`: addresses of the DNS servers the list is asked through. */
export function cureOf({ code }: DnsblFault, zone: string, servers: readonly string[]): string {
  const facts = findDnsbl(zone);
  if (facts?.status === 'closed') return `it has closed (${facts.since}): remove it from the policy`;
  if (facts?.successor !== undefined) return `use ${facts.successor} instead`;
  switch (code) {
    case 'lists_the_world':
      return 'nothing has to be done at once; if it lasts, the list has closed: remove it from the policy';
    case 'outside_loopback':
      return 'the list has closed and its domain is parked, or the resolver rewrites answers: remove the list, or use a resolver of your own';
    case 'refuses':
      return refusalCure(servers, facts?.terms);
    case 'times_out':
    case 'fails':
      return 'nothing has to be done at once; if it lasts, see whether the list still exists, and whether the resolver may ask its servers';
    case 'slow':
      return 'nothing has to be done at once; if it lasts, use a resolver of your own close by, or a mirror of the list (dns.zones)';
    case 'vanished':
      return 'see how the name is spelt; if it is right the list has closed: remove it from the policy';
  }
}

/** The open resolvers among the servers, as in `8.8.8.8 (Google Public DNS)`. */
export function publicResolversAmong(servers: readonly string[]): string[] {
  return servers.flatMap((server) => {
    const service = publicResolver(server);
    return service === undefined ? [] : [`${server} (${service})`];
  });
}

function refusalCure(servers: readonly string[], terms: string | undefined): string {
  const open = publicResolversAmong(servers);
  if (open.length > 0) {
    return `${open.join(', ')} is a public resolver, which DNSBLs refuse: run a resolver of your own, such as unbound, and name it in dns.servers`;
  }
  const registration = terms === undefined ? 'register with its operator' : `mind that the list ${terms}`;
  return `let the resolver (${servers.join(', ')}) ask by itself and not forward to a public one; if it does, ${registration}`;
}
