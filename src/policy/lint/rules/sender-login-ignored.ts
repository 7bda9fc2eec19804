/** Sender-login restrictions that Postfix ignores. */
import type { LintRule } from '../lint-rule.ts';
import { everyItem } from '../restriction-list.ts';

export const senderLoginIgnored: LintRule = {
  code: 'sender-login-ignored',
  severity: 'warning',
  summary: 'A sender-login restriction without logins, or without a table of who owns which address.',
  reason: 'Postfix ignores it, so that everybody may use every sender address.',
  example: 'smtpd_sender_restrictions = reject_sender_login_mismatch',
  *check(context) {
    const { parameters } = context;
    const hasLogins = parameters.boolean('smtpd_sasl_auth_enable');
    if (hasLogins && parameters.text('smtpd_sender_login_maps') !== '') return;
    for (const { item } of everyItem(context)) {
      if (!item.restriction.name.endsWith('_sender_login_mismatch')) continue;
      yield {
        message: `restriction \`${item.token.text}\` is ignored: ${hasLogins ? 'smtpd_sender_login_maps is empty' : 'smtpd_sasl_auth_enable = no'}`,
        span: item.token.span,
        help: hasLogins
          ? 'name the table of addresses and their logins: `smtpd_sender_login_maps = hash:…`'
          : 'write `smtpd_sasl_auth_enable = yes` if clients log in here',
      };
    }
  },
};
