/** Neither the relay nor the recipient list keeps strangers from relaying. */
import { basename } from 'node:path';
import type { LintRule } from '../lint-rule.ts';
import { flatItems, type RestrictionItem } from '../restriction-list.ts';

/** What Postfix itself reads. */
const MAIN_CF = 'main.cf';

/** What smtpd asks for before it runs (smtpd_check_init). */
const GUARDS: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject',
  'defer',
  'defer_if_permit',
  'check_relay_domains',
];

export const noRelayGuard: LintRule = {
  code: 'no-relay-guard',
  severity: 'warning',
  summary: 'Neither smtpd_relay_restrictions nor smtpd_recipient_restrictions rejects mail relay.',
  reason:
    'Postfix refuses to run with such a main.cf. Where it only asks Postward, its own lists must have the guard; a policy says so by `smtpd_relay_restrictions =`.',
  example: 'smtpd_recipient_restrictions = permit_mynetworks, reject_non_fqdn_sender',
  *check({ lists, classes, parameters }) {
    const pair = lists.filter(({ list }) => list === 'relay' || list === 'recipient');
    const [list] = pair;
    if (list === undefined) return;
    const items = pair.flatMap((one) => [...flatItems(one.items, classes)]);
    // One behind `permit` is for open-relay to report.
    if (items.some(({ restriction, isWarned }) => GUARDS.includes(restriction.name) && !isWarned)) return;
    const isEmptied =
      parameters.isSet('smtpd_relay_restrictions') && parameters.text('smtpd_relay_restrictions') === '';
    const span = parameters.value(list.parameter).span();
    // Relaying is Postfix's own business in a policy that says so, and lets nobody in particular relay.
    const isLeftToPostfix = isEmptied && basename(span.source.file) !== MAIN_CF && !items.some(isPermit);
    if (isLeftToPostfix) return;
    yield {
      message:
        'in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working instance of: reject_unauth_destination, defer_unauth_destination, reject, defer, defer_if_permit or check_relay_domains',
      span,
      help: isEmptied
        ? 'write `reject_unauth_destination` behind what permits your own clients; where Postfix itself sees to relaying, a policy (not main.cf) may do without, and without such permits'
        : 'write `reject_unauth_destination` behind what permits your own clients, or `smtpd_relay_restrictions =` if Postfix itself sees to relaying',
    };
  },
};

/** What says who may relay: of use only where others may not. */
function isPermit({ restriction: { name } }: RestrictionItem): boolean {
  return name.startsWith('permit') && name !== 'permit';
}
