/** Restrictions on the client's network address and host name (postconf(5), smtpd_client_restrictions). */

import { dnsblAddressName } from '../dns/dnsbl.ts';
import type { DnsAnswer } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, fault, type Outcome, PERMIT, reject } from '../engine/outcome.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { Restriction } from './restriction.ts';
import { lookupFailure } from './subject.ts';

const WORKS = { level: 'works' } as const;

export const CLIENT: readonly Restriction[] = [
  {
    name: 'permit_mynetworks',
    aliases: [],
    argument: 'none',
    summary: 'Permit when the client address or name matches mynetworks.',
    reads: ['client_address', 'client_name'],
    yields: ['dunno', 'permit', 'reject'],
    io: ['table'],
    support: WORKS,
    compile: (_use, context) => {
      const networks = context.networks('mynetworks');
      return {
        check: (e) =>
          andThen(networks.matches(e.request.client_name, e.request.client_address), (matches) => {
            if (!(matches instanceof TableFailure)) return matches ? PERMIT : DUNNO;
            e.warn('table_failure', `mynetworks: ${matches.reason}`);
            return fault(lookupFailure(e.subject.name));
          }),
      };
    },
  },
  {
    name: 'permit_sasl_authenticated',
    aliases: [],
    argument: 'none',
    summary: 'Permit when the client has logged in (RFC 4954).',
    reads: ['sasl_method', 'sasl_username'],
    yields: ['dunno', 'permit'],
    io: [],
    support: WORKS,
    compile: () => ({ check: ({ request }) => (hasLoggedIn(request) ? PERMIT : DUNNO) }),
  },
  {
    name: 'permit_inet_interfaces',
    aliases: [],
    argument: 'none',
    summary: "Permit when the client address is one of this host's own (inet_interfaces).",
    reads: ['client_address'],
    yields: ['dunno', 'permit'],
    io: [],
    support: WORKS,
    compile: (_use, { inetAddresses }) => ({
      check: (e) => (inetAddresses.has(e.request.client_address) ? PERMIT : DUNNO),
    }),
  },
  {
    name: 'reject_unknown_client_hostname',
    aliases: ['reject_unknown_client'],
    argument: 'none',
    summary: 'Reject when the client address has no name, or the name does not map back to the address.',
    reads: ['client_name', 'client_address', 'reverse_client_name'],
    yields: ['dunno', 'reject'],
    io: ['dns'],
    support: WORKS,
    compile: (_use, { parameters }) => {
      const code = parameters.integer('unknown_client_reject_code');
      const reply = (e: Evaluation, replyCode: number): Outcome =>
        reject({
          code: replyCode,
          dsn: '4.7.25',
          prefix: 'Client host rejected',
          text: `cannot find your hostname, [${e.request.client_address}]`,
        });
      return {
        check: (e) => {
          if (e.request.client_name !== 'unknown') return DUNNO;
          if (code === 450) return reply(e, 450);
          return andThen(isUnknownForGood(e), (isPermanent) => reply(e, isPermanent ? code : 450));
        },
      };
    },
  },
  {
    name: 'reject_unknown_reverse_client_hostname',
    aliases: [],
    argument: 'none',
    summary: 'Reject when the client address has no name.',
    reads: ['reverse_client_name', 'client_address'],
    yields: ['dunno', 'reject'],
    io: ['dns'],
    support: WORKS,
    compile: (_use, { parameters }) => {
      const code = parameters.integer('unknown_client_reject_code');
      const reply = (e: Evaluation, replyCode: number): Outcome =>
        reject({
          code: replyCode,
          dsn: '4.7.1',
          prefix: 'Client host rejected',
          text: `cannot find your reverse hostname, [${e.request.client_address}]`,
        });
      return {
        check: (e) => {
          if (e.request.reverse_client_name !== 'unknown') return DUNNO;
          if (code === 450) return reply(e, 450);
          return andThen(reverseLookup(e), (answer) => reply(e, isAbsent(answer) ? code : 450));
        },
      };
    },
  },
];

/** By any mechanism but ANONYMOUS (RFC 4505), which proves nothing. Who leaves out the mechanism may tell the name alone. */
function hasLoggedIn({ sasl_method, sasl_username }: PolicyRequest): boolean {
  return sasl_method === '' ? sasl_username !== '' : sasl_method.toLowerCase() !== 'anonymous';
}

/**
 * Postfix tells a policy server `unknown` for a name that does not exist and
 * for one it could not look up. Where the two get different codes, ask again:
 * only an answer that says "no such name" is permanent.
 */
function isUnknownForGood(e: Evaluation): PromiseOrValue<boolean> {
  return andThen(reverseNameOf(e), (name) => {
    if (typeof name === 'boolean') return name;
    const family = parseIpAddress(e.request.client_address)?.family;
    return andThen(e.lookupHost(name, family === 6 ? 'AAAA' : 'A'), (answer) => {
      if (answer.status === 'tempfail') return false;
      // The name maps to other addresses, or to none: forged.
      return !answer.records.some(({ data }) => data === e.request.client_address);
    });
  });
}

/** The name of the client address; true: it has none; false: nobody knows for now. */
function reverseNameOf(e: Evaluation): PromiseOrValue<string | boolean> {
  const known = e.request.reverse_client_name;
  if (known !== '' && known !== 'unknown') return known;
  return andThen(reverseLookup(e), (answer) => {
    if (answer === undefined || answer.status === 'tempfail') return false;
    return answer.records[0]?.data ?? true;
  });
}

function isAbsent(answer: DnsAnswer | undefined): boolean {
  return answer?.status === 'nxdomain' || answer?.status === 'nodata';
}

/** undefined for something that is not an address. */
function reverseLookup(e: Evaluation): PromiseOrValue<DnsAnswer | undefined> {
  const address = e.request.client_address;
  const name = dnsblAddressName(address, address.includes(':') ? 'ip6.arpa' : 'in-addr.arpa');
  return name === undefined ? undefined : e.lookupHost(name, 'PTR');
}
