/** Reply codes without text, which permit. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';

export const bareCode: LintRule = {
  code: 'bare-code',
  severity: 'warning',
  summary: 'A reply code without text in an access table, or as default_action.',
  reason: 'A result of digits only is OK, whatever the digits: `550` lets in whom it was to keep out.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example 550\n',
  *check(context) {
    for (const { value, span } of results(context)) {
      if (!/^[45]\d\d$/.test(value)) continue;
      yield {
        message: `${quote(value)} without a text permits: a result of digits only means OK`,
        span,
        help: `write a text behind it, such as \`${value} go away\`, or ${value.startsWith('5') ? 'REJECT' : 'DEFER'}`,
      };
    }
  },
};
