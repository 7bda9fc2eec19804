/**
 * Restrictions on the sender and recipient addresses as such (postconf(5),
 * smtpd_sender_restrictions and smtpd_recipient_restrictions). Those on the
 * sender are skipped for the null sender.
 */
import { type DnsAnswer, type DnsType, INVALID_DATA, isNullMx } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, fault, type Outcome, reject, type Subject } from '../engine/outcome.ts';
import { ALL_DROPPED } from '../engine/reply-filter.ts';
import { withoutTrailingDot } from '../net/domain-name.ts';
import { isValidMailDomain } from '../net/hostname-rules.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { isFinalDestination } from './address-resolver.ts';
import type { CompileContext, CompiledCheck, Restriction } from './restriction.ts';
import { lookupFailure, recipientSubject, rejected, senderSubject } from './subject.ts';
import { temporaryFailure } from './temporary-failure.ts';

const WORKS = { level: 'works' } as const;

/** What differs between the sender's and the recipient's restrictions. */
interface Party {
  readonly subject: (e: Evaluation) => Subject;
  readonly address: (e: Evaluation) => string | undefined;
  readonly unknownDsn: string;
  readonly nullMxCode: number;
  readonly nullMxDsn: string;
}

const SENDER: Party = {
  subject: senderSubject,
  address: (e) => (e.sender === '' ? undefined : e.sender),
  unknownDsn: '4.1.8',
  nullMxCode: 550,
  nullMxDsn: '4.7.27',
};

const RECIPIENT: Party = {
  subject: recipientSubject,
  address: (e) => e.recipient,
  unknownDsn: '4.1.2',
  nullMxCode: 556,
  nullMxDsn: '4.1.10',
};

export const ADDRESS: readonly Restriction[] = [
  {
    name: 'reject_non_fqdn_sender',
    aliases: [],
    argument: 'none',
    summary: 'Reject when the sender address has no fully qualified domain.',
    reads: ['sender'],
    yields: ['dunno', 'reject'],
    io: [],
    support: WORKS,
    compile: (_use, context) => nonFqdn(SENDER, context),
  },
  {
    name: 'reject_non_fqdn_recipient',
    aliases: [],
    argument: 'none',
    summary: 'Reject when the recipient address has no fully qualified domain.',
    reads: ['recipient'],
    yields: ['dunno', 'reject'],
    io: [],
    support: WORKS,
    compile: (_use, context) => nonFqdn(RECIPIENT, context),
  },
  {
    name: 'reject_unknown_sender_domain',
    aliases: ['reject_unknown_address'],
    argument: 'none',
    summary: 'Reject when the sender domain has no MX, A or AAAA record, or a null MX (RFC 7505).',
    reads: ['sender'],
    yields: ['dunno', 'reject', 'defer_if_permit'],
    io: ['dns', 'table'],
    support: WORKS,
    compile: (_use, context) => unknownDomain(SENDER, context),
  },
  {
    name: 'reject_unknown_recipient_domain',
    aliases: [],
    argument: 'none',
    summary: 'Reject when the recipient domain has no MX, A or AAAA record, or a null MX (RFC 7505).',
    reads: ['recipient'],
    yields: ['dunno', 'reject', 'defer_if_permit'],
    io: ['dns', 'table'],
    support: WORKS,
    compile: (_use, context) => unknownDomain(RECIPIENT, context),
  },
];

function nonFqdn(party: Party, { parameters }: CompileContext): CompiledCheck {
  const code = parameters.integer('non_fqdn_reject_code');
  return {
    check: (e) => {
      const address = party.address(e);
      if (address === undefined || hasFqdn(address)) return DUNNO;
      return reject(rejected(party.subject(e), code, '4.5.2', 'need fully-qualified address'));
    },
  };
}

function hasFqdn(address: string): boolean {
  const at = address.lastIndexOf('@');
  const domain = withoutTrailingDot(at < 0 ? '' : address.slice(at + 1));
  return (
    (domain.startsWith('[') && domain.endsWith(']')) || (domain.includes('.') && isValidMailDomain(domain))
  );
}

function unknownDomain(party: Party, context: CompileContext): CompiledCheck {
  const { parameters, addresses } = context;
  const code = parameters.integer('unknown_address_reject_code');
  const onTemporaryFailure = temporaryFailure(parameters.text('unknown_address_tempfail_action'));
  const resolve = (e: Evaluation) => (party === SENDER ? addresses.sender(e) : addresses.recipient(e));

  const decide = (e: Evaluation, domain: string, answer: DnsAnswer): Outcome => {
    const subject = party.subject(e);
    if (answer.reason === ALL_DROPPED) {
      e.warn('dns', `${domain}: MX or address lookup error: ${answer.reason}`);
      return DUNNO;
    }
    if (answer.status === 'tempfail') {
      return onTemporaryFailure(rejected(subject, 450, party.unknownDsn, 'Domain not found'));
    }
    if (answer.status !== 'found') {
      const text = answer.reason === INVALID_DATA ? 'Malformed DNS server reply' : 'Domain not found';
      return reject(rejected(subject, code, party.unknownDsn, text));
    }
    if (!isNullMx(answer)) return DUNNO;
    const text = `Domain ${domain} does not accept mail (nullMX)`;
    return reject(rejected(subject, party.nullMxCode, party.nullMxDsn, text));
  };

  return {
    check: (e) => {
      const address = party.address(e);
      if (address === undefined) return DUNNO;
      return andThen(resolve(e), (resolved) => {
        if (resolved instanceof TableFailure) {
          e.warn('table_failure', `address ${address}: ${resolved.reason}`);
          return fault(lookupFailure(address));
        }
        const { domain } = resolved;
        if (isFinalDestination(resolved.addressClass) || domain.startsWith('[')) return DUNNO;
        return andThen(findMailHost(e, domain, 0, undefined), (answer) => decide(e, domain, answer));
      });
    },
    queries: (e) => {
      if (party.address(e) === undefined) return [];
      const resolved = resolve(e);
      if (resolved instanceof Promise || resolved instanceof TableFailure) return [];
      if (isFinalDestination(resolved.addressClass) || resolved.domain.startsWith('[')) return [];
      return [{ name: resolved.domain, type: 'MX' }];
    },
  };
}

const MAIL_HOST: readonly DnsType[] = ['MX', 'A', 'AAAA'];

/** The first type that has records or nonsense in them, or none that a filter has left, else a failure if any type failed, else the last answer. */
function findMailHost(
  e: Evaluation,
  name: string,
  index: number,
  failure: DnsAnswer | undefined,
): PromiseOrValue<DnsAnswer> {
  return andThen(e.lookup(name, MAIL_HOST[index] ?? 'AAAA'), (answer) => {
    if (answer.status === 'found' || answer.reason === INVALID_DATA || answer.reason === ALL_DROPPED) {
      return answer;
    }
    const failed = failure ?? (answer.status === 'tempfail' ? answer : undefined);
    return index + 1 < MAIL_HOST.length ? findMailHost(e, name, index + 1, failed) : (failed ?? answer);
  });
}
