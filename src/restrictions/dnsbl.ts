/**
 * Restrictions that ask DNS deny and allow lists (RFC 5782; postconf(5)).
 *
 * A deny list that does not answer never rejects. An allow list that does not
 * answer sets defer_if_reject, since it might have permitted. An answer that
 * is an error message counts as no answer on either side. How a list is asked,
 * and when it is not, is in ask-dnsbl.ts.
 */
import {
  type DnsblArgument,
  dnsblAddressName,
  dnsblReason,
  isDnsblArgumentError,
  parseDnsblArgument,
} from '../dns/dnsbl.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { DnsblSubject } from '../dns/dnsbl-points.ts';
import { queryName } from '../dns/query-name.ts';
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import {
  CONFIGURATION_ERROR,
  DUNNO,
  fault,
  type Outcome,
  PERMIT,
  type ReplyClass,
} from '../engine/outcome.ts';
import type { Step } from '../engine/step.ts';
import { isValidHostname } from '../net/hostname-rules.ts';
import type { AttributeName } from '../protocol/request.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { askDnsbl, type DnsblQuestion, dnsblQueries } from './ask-dnsbl.ts';
import { type RblReply, rblReply } from './rbl-reply.ts';
import { isAuthorisedDestination } from './relay.ts';
import type { CompileContext, CompiledCheck, Restriction, RestrictionUse } from './restriction.ts';
import { lookupFailure, rejected } from './subject.ts';

/** What a list is asked about. */
interface What {
  readonly replyClass: ReplyClass;
  readonly subject: DnsblSubject;
  readonly reads: readonly AttributeName[];
  /** The address or name as it is shown; undefined: nothing to ask about. */
  readonly of: (e: Evaluation) => string | undefined;
  /** The name to ask for; undefined: not to be asked. */
  readonly queryName: (what: string, zone: string) => string | undefined;
}

const known = (name: string): string | undefined => (name.toLowerCase() === 'unknown' ? undefined : name);

const ADDRESS: What = {
  replyClass: 'Client host',
  subject: 'address',
  reads: ['client_address'],
  of: (e) => e.request.client_address,
  queryName: dnsblAddressName,
};

const CLIENT_NAME: What = {
  replyClass: 'Client host',
  subject: 'domain',
  reads: ['client_name'],
  of: (e) => known(e.request.client_name),
  queryName: domainName,
};

const REVERSE_CLIENT_NAME: What = {
  replyClass: 'Unverified Client host',
  subject: 'domain',
  reads: ['reverse_client_name'],
  of: (e) => known(e.request.reverse_client_name),
  queryName: domainName,
};

const HELO_NAME: What = {
  replyClass: 'Helo command',
  subject: 'domain',
  reads: ['helo_name'],
  of: (e) => e.heloName,
  queryName: domainName,
};

const SENDER: What = {
  replyClass: 'Sender address',
  subject: 'domain',
  reads: ['sender'],
  of: (e) => (e.sender === '' ? undefined : e.sender),
  queryName: domainName,
};

const RECIPIENT: What = {
  replyClass: 'Recipient address',
  subject: 'domain',
  reads: ['recipient'],
  of: (e) => e.recipient,
  queryName: domainName,
};

export const DNSBL: readonly Restriction[] = [
  deny('reject_rbl_client', ['reject_rbl'], ADDRESS, 'Reject when a DNS list has the client address.'),
  deny('reject_rhsbl_client', [], CLIENT_NAME, 'Reject when a DNS list has the client host name.'),
  deny(
    'reject_rhsbl_reverse_client',
    [],
    REVERSE_CLIENT_NAME,
    'Reject when a DNS list has the unverified client host name.',
  ),
  deny('reject_rhsbl_helo', [], HELO_NAME, 'Reject when a DNS list has the HELO name.'),
  deny('reject_rhsbl_sender', [], SENDER, 'Reject when a DNS list has the sender domain.'),
  deny('reject_rhsbl_recipient', [], RECIPIENT, 'Reject when a DNS list has the recipient domain.'),
  {
    name: 'reject_maps_rbl',
    aliases: [],
    argument: 'none',
    summary: 'Reject when one of maps_rbl_domains has the client address. Gone in Postfix 3.9.',
    reads: ['client_address'],
    yields: ['dunno', 'reject'],
    io: ['dns'],
    support: { level: 'works' },
    compile: (use, context) => {
      const steps = context.parameters.words('maps_rbl_domains').map(
        (domain): Step => ({
          restriction: use.restriction.name,
          text: `${use.text} (${domain})`,
          span: use.span,
          ...denyCheck({ ...use, argument: domain }, context, ADDRESS),
        }),
      );
      const outcome: Outcome = {
        kind: 'evaluate',
        program: { steps },
        subject: undefined,
        ifPermit: 'permit',
      };
      return { check: () => outcome, nested: { steps } };
    },
  },
  allow('permit_dnswl_client', ADDRESS, 'Permit when a DNS allow list has the client address.'),
  allow('permit_rhswl_client', CLIENT_NAME, 'Permit when a DNS allow list has the client host name.'),
];

function deny(name: string, aliases: readonly string[], what: What, summary: string): Restriction {
  return {
    name,
    aliases,
    argument: 'dnsbl',
    summary,
    reads: what.reads,
    yields: ['dunno', 'reject'],
    io: ['dns'],
    support: { level: 'works' },
    compile: (use, context) => denyCheck(use, context, what),
  };
}

function denyCheck(use: RestrictionUse, context: CompileContext, what: What): CompiledCheck {
  const asked = parseList(use, context, what, false);
  if (asked === undefined) return { check: () => CONFIGURATION_ERROR };
  const reply = rblReply(context);
  return {
    check: (e) => {
      const question = questionOf(e, asked.list, what);
      if (question === undefined) return DUNNO;
      return andThen(
        askDnsbl(e, asked, question, context.isErrorAnswerListed),
        (result): PromiseOrValue<Outcome> =>
          result.kind === 'listed' ? listed(e, asked.list, what, question, reply, context.mask) : DUNNO,
      );
    },
    queries: (e) => dnsblQueries(e, asked, questionOf(e, asked.list, what)),
  };
}

/** The TXT record only words the reply: without it the reply has no reason. */
function listed(
  e: Evaluation,
  list: DnsblArgument,
  what: What,
  { name, shown }: DnsblQuestion,
  reply: RblReply,
  mask: ZoneMask,
): PromiseOrValue<Outcome> {
  return andThen(e.lookupDnsbl(name, 'TXT', shown), (answer) =>
    reply(e, {
      argument: list.argument,
      domain: list.shown,
      what: what.of(e) ?? '',
      replyClass: what.replyClass,
      reason: dnsblReason(answer, mask),
    }),
  );
}

function allow(name: string, what: What, summary: string): Restriction {
  return {
    name,
    aliases: [],
    argument: 'dnsbl',
    summary,
    reads: [...what.reads, 'recipient'],
    yields: ['dunno', 'permit', 'defer_if_reject', 'reject'],
    io: ['dns', 'table'],
    support: { level: 'works' },
    compile: (use, context) => allowCheck(use, context, what),
  };
}

function allowCheck(use: RestrictionUse, context: CompileContext, what: What): CompiledCheck {
  const asked = parseList(use, context, what, true);
  if (asked === undefined) return { check: () => CONFIGURATION_ERROR };
  const decide = (e: Evaluation, question: DnsblQuestion): PromiseOrValue<Outcome> =>
    andThen(askDnsbl(e, asked, question, context.isErrorAnswerListed), (result): Outcome => {
      if (result.kind === 'listed') return PERMIT;
      if (result.kind === 'not_listed') return DUNNO;
      if (result.kind === 'set_aside' && !result.mightHavePermitted) return DUNNO;
      const subject = { name: what.of(e) ?? '', replyClass: what.replyClass };
      return { kind: 'defer_if_reject', reply: rejected(subject, 450, '4.7.1', 'Service unavailable') };
    });
  return {
    check: (e) => {
      const question = questionOf(e, asked.list, what);
      if (question === undefined) return DUNNO;
      // An allow list must not open a relay.
      const { recipient } = e;
      if (e.request.protocol_state !== 'RCPT' || recipient === undefined) return decide(e, question);
      return andThen(isAuthorisedDestination(e, context), (isAuthorised) => {
        if (isAuthorised instanceof TableFailure) return fault(lookupFailure(recipient));
        return isAuthorised ? decide(e, question) : DUNNO;
      });
    },
    queries: (e) => dnsblQueries(e, asked, questionOf(e, asked.list, what)),
  };
}

function parseList(
  use: RestrictionUse,
  context: CompileContext,
  { subject }: What,
  isAllowList: boolean,
): DnsblUse | undefined {
  const list = parseDnsblArgument(use.argument, context.mask);
  if (!isDnsblArgumentError(list)) return context.dnsblUse(list, subject, isAllowList);
  const { span } = use;
  context.report({
    severity: 'error',
    code: 'bad-dnsbl-filter',
    message: `${use.restriction.name} \`${context.mask.text(use.argument)}\`: ${list.error}`,
    span: span && { ...span, start: span.start + list.start, end: span.start + list.end },
    help: `write ${use.restriction.name} and then a domain, such as zen.spamhaus.org, or zen.spamhaus.org=127.0.0.2 or zen.spamhaus.org=127.0.0.[2..11;14] for some of its answers`,
  });
  return undefined;
}

/** What to ask about a request; undefined: nothing. */
function questionOf(e: Evaluation, list: DnsblArgument, what: What): DnsblQuestion | undefined {
  const subject = what.of(e);
  const name = subject === undefined ? undefined : what.queryName(subject, list.domain);
  if (name === undefined) return undefined;
  return { name, shown: name.slice(0, name.length - list.domain.length) + list.shown };
}

/**
 * The domain of a name or address, put before the zone. Names that end in a
 * number are skipped, as some lists answer them with "no IP queries"; so are
 * address literals and what is no host name.
 */
function domainName(what: string, zone: string): string | undefined {
  const domain = what.slice(what.lastIndexOf('@') + 1);
  if (domain.startsWith('[') || domain.endsWith('.')) return undefined;
  if (/^\d*$/.test(domain.slice(domain.lastIndexOf('.') + 1))) return undefined;
  const ascii = queryName(domain);
  // Names with `*` are asked for elsewhere, but are no host names.
  return ascii === undefined || !isValidHostname(ascii) ? undefined : `${ascii}.${zone}`;
}
