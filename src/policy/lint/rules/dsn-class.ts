/** DSN codes that contradict the reply code. */
import { quote } from '../../../language/quote.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';

const WITH_DSN =
  /^(reject|defer|defer_if_permit|defer_if_reject|[45]\d\d)\s+([245])(\.\d{1,3}\.\d{1,3})(?:\s|$)/i;

export const dsnClass: LintRule = {
  code: 'dsn-class',
  severity: 'note',
  summary: 'A DSN whose first digit is not that of the reply code.',
  reason: 'Postfix sends the digit of the code. The entry says one thing and does another.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example 550 4.7.1 go away\n',
  *check(context) {
    for (const { value, span } of results(context)) {
      const [, verb = '', digit = '', rest = ''] = WITH_DSN.exec(value) ?? [];
      const code = codeOf(verb, context);
      if (digit === '' || code.startsWith(digit)) continue;
      yield {
        message: `DSN \`${digit}${rest}\` does not go with code ${code}: Postfix makes it \`${code[0]}${rest}\``,
        span,
        help: `write ${quote(value.replace(digit + rest, code[0] + rest))}`,
      };
    }
  },
};

function codeOf(verb: string, { parameters }: LintContext): string {
  if (/^\d/.test(verb)) return verb;
  return parameters.text(/^reject$/i.test(verb) ? 'access_map_reject_code' : 'access_map_defer_code');
}
