/** DSN codes with no text behind them. */
import { quote } from '../../../language/quote.ts';
import { accessEntries } from '../access-entries.ts';
import type { LintRule } from '../lint-rule.ts';

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
    for (const { row } of accessEntries(context)) {
      if (!DSN_ALONE.test(row.value)) continue;
      yield {
        message: `no text behind the DSN in ${quote(row.value)}: Postfix sends left-overs of an earlier reply`,
        span: row.valueSpan,
        help: `write a text behind it, such as \`${row.value} Access denied\``,
      };
    }
  },
};
