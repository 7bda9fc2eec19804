/** Parameters of smtpd that change what it decides, and that Postward does not read. */
import type { LintRule } from '../lint-rule.ts';

/** Name → what smtpd does with it. */
const IGNORED: ReadonlyMap<string, string> = new Map([
  ['smtpd_dns_reply_filter', 'smtpd drops or changes answers of DNS by it before it decides'],
]);

export const ignoredParameter: LintRule = {
  code: 'ignored-parameter',
  severity: 'warning',
  summary: 'A parameter that changes what smtpd decides, and that Postward does not read.',
  reason: 'Restrictions that ask DNS may decide otherwise than they did in Postfix.',
  example: 'smtpd_dns_reply_filter = pcre:/etc/postfix/dns-replies',
  *check({ assignments }) {
    for (const { name, nameSpan, value } of assignments) {
      const effect = IGNORED.get(name);
      if (effect === undefined || value.text.trim() === '') continue;
      yield {
        message: `${name} has no effect here: ${effect}`,
        span: nameSpan,
        help: 'keep it in main.cf, together with the restrictions that depend on it',
      };
    }
  },
};
