/**
 * Restrictions on the combined DNSBL score of the client, in the words of
 * postscreen(8), where recipients are known. They are Postward's own: Postfix
 * has the score in postscreen alone, before a recipient is named.
 */
import { dnsblAddressName, dnsblReason } from '../dns/dnsbl.ts';
import { isDnsblSiteError, parseDnsblSite } from '../dns/dnsbl-site.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { CONFIGURATION_ERROR, DUNNO, fault, type Outcome, PERMIT } from '../engine/outcome.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { type DnsblQuestion, dnsblQueries } from './ask-dnsbl.ts';
import { DnsblTally, reaches, staysAtMost, type WatchedSite } from './dnsbl-tally.ts';
import { rblReply } from './rbl-reply.ts';
import { isAuthorisedDestination } from './relay.ts';
import type { CompileContext, CompiledCheck, Restriction, RestrictionUse } from './restriction.ts';
import { lookupFailure, rejected } from './subject.ts';

const TEMPORARY = { code: 450, dsn: '4.7.1' } as const;

export const DNSBL_SCORE: readonly Restriction[] = [
  scoreRestriction(
    'reject_dnsbl_score',
    'Reject when the client’s score over dnsbl_sites is dnsbl_threshold or more.',
    ['dunno', 'reject'],
    (use, context) => objection(use, context, false),
  ),
  scoreRestriction(
    'defer_dnsbl_score',
    'Ask to try again later when the client’s score over dnsbl_sites is dnsbl_threshold or more.',
    ['dunno', 'reject'],
    (use, context) => objection(use, context, true),
  ),
  scoreRestriction(
    'permit_dnsbl_score',
    'Permit when the client’s score over dnsbl_sites is dnsbl_allowlist_threshold or less.',
    ['dunno', 'permit', 'defer_if_reject', 'reject'],
    permission,
  ),
];

function scoreRestriction(
  name: string,
  summary: string,
  yields: Restriction['yields'],
  compile: Restriction['compile'],
): Restriction {
  const isPermit = name.startsWith('permit');
  return {
    name,
    aliases: [],
    argument: 'none',
    isOurs: true,
    summary,
    reads: isPermit ? ['client_address', 'recipient'] : ['client_address'],
    yields,
    io: isPermit ? ['dns', 'table'] : ['dns'],
    support: { level: 'works' },
    compile,
  };
}

function objection(use: RestrictionUse, context: CompileContext, isTemporary: boolean): CompiledCheck {
  const sites = sitesOf(use, context);
  if (sites === undefined) return { check: () => CONFIGURATION_ERROR };
  const threshold = context.parameters.integer('dnsbl_threshold');
  const question = reaches(threshold);
  const reply = rblReply(context);
  const replyNames = context.parameters
    .tokens('dnsbl_reply_map')
    .map(({ text, span }) => context.table(text, span));

  const refuse = (e: Evaluation, tally: DnsblTally, isForNow: boolean): PromiseOrValue<Outcome> => {
    const site = tally.foremost;
    // A threshold of 0 or less refuses clients that nobody lists.
    const asked = site && questionFor(e, site);
    if (site === undefined || asked === undefined) return DUNNO;
    const soften = (outcome: Outcome): Outcome =>
      outcome.kind === 'reject' && (isTemporary || isForNow)
        ? { ...outcome, reply: { ...outcome.reply, ...TEMPORARY } }
        : outcome;
    const [names] = replyNames;
    const shown = names === undefined ? undefined : names.lookup(site.list.domain);
    return andThen(shown, (name) =>
      andThen(e.lookupDnsbl(asked.name, 'TXT', asked.shown), (answer) =>
        andThen(
          reply(e, {
            argument: site.list.argument,
            domain: typeof name === 'string' ? name : site.list.shown,
            what: e.request.client_address,
            replyClass: 'Client host',
            reason: dnsblReason(answer, context.mask),
          }),
          soften,
        ),
      ),
    );
  };
  return {
    check: (e) => {
      const tally = tallyOf(e, sites, context);
      return andThen(tally.decide(question), (isReached) => {
        note(e, tally, threshold);
        if (!isReached) return DUNNO;
        // A list with a negative weight that does not work might have saved the client.
        return andThen(tally.decide(question, true), (isHopeless) => refuse(e, tally, !isHopeless));
      });
    },
    queries: (e) => queriesOf(e, sites),
  };
}

function permission(use: RestrictionUse, context: CompileContext): CompiledCheck {
  const sites = sitesOf(use, context);
  if (sites === undefined) return { check: () => CONFIGURATION_ERROR };
  const threshold = context.parameters.integer('dnsbl_allowlist_threshold');
  if (threshold >= 0) {
    context.report({
      severity: 'warning',
      code: 'idle-permit-dnsbl-score',
      message: `permit_dnsbl_score permits nobody while dnsbl_allowlist_threshold is ${threshold}`,
      span: use.span,
      help: 'set dnsbl_allowlist_threshold to the negative score that a client needs, such as -2',
    });
    return { check: () => DUNNO };
  }
  const question = staysAtMost(threshold);
  const decide = (e: Evaluation): PromiseOrValue<Outcome> => {
    const tally = tallyOf(e, sites, context);
    return andThen(tally.decide(question), (isLow): PromiseOrValue<Outcome> => {
      note(e, tally, threshold);
      if (isLow) return PERMIT;
      // As with permit_dnswl_client: who would be permitted if all lists worked is not rejected for good.
      return andThen(tally.decide(question, true), (mightBeLow): Outcome => {
        if (!mightBeLow) return DUNNO;
        const subject = { name: e.request.client_address, replyClass: 'Client host' } as const;
        return { kind: 'defer_if_reject', reply: rejected(subject, 450, '4.7.1', 'Service unavailable') };
      });
    });
  };
  return {
    check: (e) => {
      // As with permit_dnswl_client: an allow list must not open a relay.
      const { recipient } = e;
      if (e.request.protocol_state !== 'RCPT' || recipient === undefined) return decide(e);
      return andThen(isAuthorisedDestination(e, context), (isAuthorised) => {
        if (isAuthorised instanceof TableFailure) return fault(lookupFailure(recipient));
        return isAuthorised ? decide(e) : DUNNO;
      });
    },
    queries: (e) => queriesOf(e, sites),
  };
}

/** The sites of the policy; undefined when one of them is a mistake. */
function sitesOf(use: RestrictionUse, context: CompileContext): readonly WatchedSite[] | undefined {
  const { mask, parameters, report } = context;
  const sites: WatchedSite[] = [];
  let isBroken = false;
  for (const { text, span } of parameters.tokens('dnsbl_sites')) {
    const site = parseDnsblSite(text, mask);
    if (!isDnsblSiteError(site)) {
      sites.push({ ...site, use: context.dnsblUse(site.list, 'address', site.weight < 0) });
      continue;
    }
    isBroken = true;
    report({
      severity: 'error',
      code: 'bad-dnsbl-site',
      message: `dnsbl_sites \`${mask.text(text)}\`: ${site.error}`,
      span: { ...span, start: span.start + site.start, end: span.start + site.end },
      help: 'write domain=filter*weight, such as zen.spamhaus.org=127.0.0.[2..11]*3; filter and weight may be left out',
    });
  }
  if (sites.length === 0 && !isBroken) {
    report({
      severity: 'warning',
      code: 'no-dnsbl-sites',
      message: `${use.restriction.name} has no lists to ask: dnsbl_sites is empty`,
      span: use.span,
      help: 'set dnsbl_sites, such as `dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3, bl.spamcop.net*2`',
    });
  }
  return isBroken ? undefined : sites;
}

/** Restrictions of one policy share the tally of a request. */
function tallyOf(e: Evaluation, sites: readonly WatchedSite[], context: CompileContext): DnsblTally {
  return e.once(
    context.parameters,
    () => new DnsblTally(e, sites, (site) => questionFor(e, site), context.isErrorAnswerListed),
  );
}

function questionFor({ request }: Evaluation, { list }: WatchedSite): DnsblQuestion | undefined {
  const name = dnsblAddressName(request.client_address, list.domain);
  if (name === undefined) return undefined;
  return { name, shown: name.slice(0, name.length - list.domain.length) + list.shown };
}

function queriesOf(e: Evaluation, sites: readonly WatchedSite[]) {
  const names = new Set<string>();
  return sites.flatMap((site) => {
    const question = questionFor(e, site);
    if (question === undefined || names.has(question.name)) return [];
    names.add(question.name);
    return dnsblQueries(e, site.use, question);
  });
}

function note(e: Evaluation, tally: DnsblTally, threshold: number): void {
  const sites = tally.hits.flatMap((site) => (site === undefined ? [] : [site.shown]));
  e.dnsblScore = { score: tally.score, threshold, sites };
  e.note(
    `DNSBL score ${tally.score}, threshold ${threshold}${sites.length === 0 ? '' : `: ${sites.join(', ')}`}`,
  );
}
