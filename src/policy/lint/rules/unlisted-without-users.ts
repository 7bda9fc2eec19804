/** Refusing unknown users without a table of the users. */
import type { LintRule } from '../lint-rule.ts';
import { everyItem } from '../restriction-list.ts';

export const unlistedWithoutUsers: LintRule = {
  code: 'unlisted-without-users',
  severity: 'warning',
  summary:
    'A restriction on unlisted senders or recipients, and no `local_recipient_maps` that says who is listed.',
  reason:
    "Postfix's default names the users of the mail host; Postward, which may run elsewhere, has none and takes every address of a local domain for known.",
  example: 'smtpd_sender_restrictions = reject_unlisted_sender',
  *check(context) {
    const { parameters } = context;
    if (parameters.isSet('local_recipient_maps') || parameters.text('mydestination') === '') return;
    for (const { item } of everyItem(context)) {
      if (!item.restriction.name.startsWith('reject_unlisted_')) continue;
      yield {
        message: `\`${item.token.text}\` takes every address of mydestination for known: local_recipient_maps is not set`,
        span: item.token.span,
        help: "on the mail host write what is Postfix's default: `local_recipient_maps = proxy:unix:passwd.byname $alias_maps`",
      };
    }
  },
};
