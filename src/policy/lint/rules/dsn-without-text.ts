/** DSN codes with no text behind them. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';

const DSN_ALONE = /^(?:reject|defer|defer_if_permit|defer_if_reject|[45]\d\d)\s+[245]\.\d{1,3}\.\d{1,3}$/i;

export const dsnWithoutText: LintRule = {
  code: 'dsn-without-text',
  severity: 'warning',
  summary: 'REJECT, DEFER or a reply code with a DSN and no text.',
  reason:
    'Postfix 3.7 then sends what an earlier reply has left in its buffer. Postward says `Access denied` instead.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example REJECT 5.7.1\n',
  *check(context) {
    for (const { value, span } of results(context)) {
      if (!DSN_ALONE.test(value)) continue;
      yield {
        message: `no text behind the DSN in ${quote(value)}: Postfix sends left-overs of an earlier reply`,
        span,
        help: `write a text behind it, such as \`${value} Access denied\``,
      };
    }
  },
};
