/** Reply codes without text, which permit. */
import { quote } from '../../../language/quote.ts';
import { accessEntries } from '../access-entries.ts';
import type { LintRule } from '../lint-rule.ts';

export const bareCode: LintRule = {
  code: 'bare-code',
  severity: 'warning',
  summary: 'A reply code without text in an access table.',
  reason: 'A result of digits only is OK, whatever the digits: `550` lets in whom it was to keep out.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example 550\n',
  *check(context) {
    for (const { row } of accessEntries(context)) {
      if (!/^[45]\d\d$/.test(row.value)) continue;
      yield {
        message: `${quote(row.value)} without a text permits: a result of digits only means OK`,
        span: row.valueSpan,
        help: `write a text behind it, such as \`${row.value} go away\`, or ${row.value.startsWith('5') ? 'REJECT' : 'DEFER'}`,
      };
    }
  },
};
