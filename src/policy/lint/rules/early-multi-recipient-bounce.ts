/** reject_multi_recipient_bounce before all recipients are known. */
import type { LintRule } from '../lint-rule.ts';
import { flatItems } from '../restriction-list.ts';

export const earlyMultiRecipientBounce: LintRule = {
  code: 'early-multi-recipient-bounce',
  severity: 'note',
  summary: 'reject_multi_recipient_bounce in a list that runs at RCPT TO.',
  reason:
    'There the first recipients of a message have been accepted before a later one is seen (postconf(5)).',
  example: 'smtpd_recipient_restrictions = reject_unauth_destination, reject_multi_recipient_bounce',
  *check({ lists, classes }) {
    for (const list of lists) {
      if (list.list === 'data' || list.list === 'end_of_data') continue;
      for (const { restriction, token } of flatItems(list.items, classes)) {
        if (restriction.name !== 'reject_multi_recipient_bounce') continue;
        yield {
          message: `\`${token.text}\` in ${list.parameter} knows only the recipients so far`,
          span: token.span,
          help: 'move it to smtpd_data_restrictions',
        };
      }
    }
  },
};
