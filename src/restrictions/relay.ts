/**
 * Restrictions on where mail may go: what this host is a final destination or
 * a relay for (postconf(5), smtpd_relay_restrictions; SMTPD_ACCESS_README).
 */
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, fault, type Outcome, PERMIT, reject } from '../engine/outcome.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { isFinalDestination } from './address-resolver.ts';
import type { CompileContext, CompiledCheck, Restriction } from './restriction.ts';
import { lookupFailure, recipientSubject, rejected } from './subject.ts';

const WORKS = { level: 'works' } as const;

export const RELAY: readonly Restriction[] = [
  {
    name: 'permit_auth_destination',
    aliases: [],
    argument: 'none',
    summary:
      'Permit when this host delivers mail for the recipient domain, or relays for it (relay_domains).',
    reads: ['recipient'],
    yields: ['dunno', 'permit', 'reject'],
    io: ['table'],
    support: WORKS,
    compile: (_use, context) => onDestination(context, { authorised: () => PERMIT, other: () => DUNNO }),
  },
  {
    name: 'reject_unauth_destination',
    aliases: [],
    argument: 'none',
    summary: 'Reject unless this host delivers mail for the recipient domain, or relays for it.',
    reads: ['recipient'],
    yields: ['dunno', 'reject'],
    io: ['table'],
    support: WORKS,
    compile: (_use, context) => {
      const code = context.parameters.integer('relay_domains_reject_code');
      return onDestination(context, {
        authorised: () => DUNNO,
        other: (e) => relayDenied(e, code, '5.7.1'),
      });
    },
  },
  {
    name: 'defer_unauth_destination',
    aliases: [],
    argument: 'none',
    summary: 'As reject_unauth_destination, with a temporary error: relay_domains_reject_code less 100.',
    reads: ['recipient'],
    yields: ['dunno', 'reject'],
    io: ['table'],
    support: WORKS,
    compile: (_use, context) => {
      const code = context.parameters.integer('relay_domains_reject_code') - 100;
      return onDestination(context, {
        authorised: () => DUNNO,
        other: (e) => relayDenied(e, code, '4.7.1'),
      });
    },
  },
  {
    name: 'check_relay_domains',
    aliases: [],
    argument: 'none',
    summary:
      'Permit clients in relay_domains and authorised destinations, reject the rest. Gone in Postfix 3.9.',
    reads: ['recipient', 'client_name'],
    yields: ['dunno', 'permit', 'reject'],
    io: ['table'],
    support: WORKS,
    compile: (_use, context) => {
      const code = context.parameters.integer('relay_domains_reject_code');
      const relayDomains = context.domains('relay_domains');
      const destination = onDestination(context, {
        authorised: () => PERMIT,
        other: (e) => reject(rejected(recipientSubject(e), code, '5.7.1', 'Relay access denied')),
      });
      return {
        check: (e) => {
          if (e.recipient === undefined) return DUNNO;
          return andThen(relayDomains.matches(e.request.client_name), (matches) =>
            matches === true ? PERMIT : destination.check(e),
          );
        },
      };
    },
  },
];

interface DestinationOutcomes {
  readonly authorised: (e: Evaluation) => Outcome;
  readonly other: (e: Evaluation) => Outcome;
}

function onDestination(context: CompileContext, outcomes: DestinationOutcomes): CompiledCheck {
  return {
    check: (e) => {
      const { recipient } = e;
      if (recipient === undefined) return DUNNO;
      return andThen(isAuthorisedDestination(e, context), (isAuthorised) => {
        if (isAuthorised instanceof TableFailure) {
          e.warn('table_failure', `address ${recipient}: ${isAuthorised.reason}`);
          return fault(lookupFailure(recipient));
        }
        return isAuthorised ? outcomes.authorised(e) : outcomes.other(e);
      });
    },
  };
}

/**
 * permit_auth_destination of smtpd(8). Only for a request with a recipient.
 * Mail that a sender routes on through us (`u%d@ours`) has an uncertain
 * destination and is not authorised, unless allow_untrusted_routing says so.
 */
export function isAuthorisedDestination(
  e: Evaluation,
  { addresses, parameters }: CompileContext,
): PromiseOrValue<boolean | TableFailure> {
  return andThen(addresses.recipient(e), (resolved) => {
    if (resolved instanceof TableFailure) return resolved;
    if (resolved.isRouted && !parameters.boolean('allow_untrusted_routing')) return false;
    return isFinalDestination(resolved.addressClass) || resolved.addressClass === 'relay';
  });
}

function relayDenied(e: Evaluation, code: number, dsn: string): Outcome {
  return reject({ code, dsn, prefix: `<${e.request.recipient}>`, text: 'Relay access denied' });
}
