/** Every domain is one of ours. */
import { quote } from '../../../language/quote.ts';
import type { Token } from '../../../language/tokenizer.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { writtenWords } from '../written-words.ts';

/** Parameter → what becomes of mail for the domains that it names. */
const FATES = {
  relay_domains: 'reject_unauth_destination refuses nobody: whoever can connect can relay',
  mydestination: 'mail for any domain is accepted, and looked for among local users',
  virtual_mailbox_domains: 'mail for any domain is accepted, and looked for among virtual mailboxes',
  virtual_alias_domains: 'mail for any domain is looked for among virtual aliases',
} as const;

/** Patterns that every domain has in it. */
const ALL = /^([^\w\s])(?:\^|\.[*+]?|\^\.[*+]?|\.[*+]?\$|\^\.[*+]?\$|)\1[a-z]*$/i;

export const everyDestination: LintRule = {
  code: 'every-destination',
  severity: 'warning',
  summary:
    'static: or a pattern for everything in relay_domains, mydestination, virtual_mailbox_domains or virtual_alias_domains.',
  reason: 'Every domain in the world is one of this host. With relay_domains that is an open relay.',
  example: `relay_domains = static:ALL
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination`,
  *check(context) {
    for (const { parameter, token } of writtenWords(context, Object.keys(FATES))) {
      if (!isForAll(token, context)) continue;
      yield {
        message: `${quote(token.text)} in ${parameter} has every domain: ${FATES[parameter as keyof typeof FATES]}`,
        span: token.span,
        help: 'name the domains, or a table that has them',
      };
    }
  },
};

function isForAll({ text, span }: Token, context: LintContext): boolean {
  if (text.startsWith('static:')) return true;
  if (!/^(?:regexp|pcre):/.test(text)) return false;
  return context.rowsOf(text, span)?.some(({ key }) => ALL.test(key)) === true;
}
