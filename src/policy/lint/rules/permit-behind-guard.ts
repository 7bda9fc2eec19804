/** Own clients that the relay guard refuses like any other. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { flatItems } from '../restriction-list.ts';

const GUARDS: readonly string[] = ['reject_unauth_destination', 'defer_unauth_destination'];
const PERMITS: readonly string[] = ['permit_mynetworks', 'permit_sasl_authenticated'];

export const permitBehindGuard: LintRule = {
  code: 'permit-behind-guard',
  severity: 'note',
  summary: 'permit_mynetworks or permit_sasl_authenticated behind reject_unauth_destination only.',
  reason:
    'Own clients get `Relay access denied` for mail to other domains, whatever another list says. That is meant on a host which only receives.',
  example:
    'smtpd_recipient_restrictions = reject_unauth_destination, permit_mynetworks, reject_unknown_sender_domain',
  *check({ lists, classes }) {
    for (const list of lists) {
      if (list.list !== 'relay' && list.list !== 'recipient') continue;
      const items = [...flatItems(list.items, classes)];
      const guard = items.findIndex(
        ({ restriction, isWarned }) => GUARDS.includes(restriction.name) && !isWarned,
      );
      if (guard < 0) continue;
      const before = items.slice(0, guard).map(({ restriction }) => restriction.name);
      for (const { restriction, token } of items.slice(guard + 1)) {
        if (!PERMITS.includes(restriction.name) || before.includes(restriction.name)) continue;
        yield {
          message: `clients that ${quote(token.text)} is for cannot send to other domains: ${items[guard]?.token.text} stands before it in ${list.parameter}`,
          span: token.span,
          help: `write it before \`${items[guard]?.token.text}\` if they may`,
        };
      }
    }
  },
};
