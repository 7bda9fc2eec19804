/** Everybody is permitted before relaying is refused. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { wordsForEverybody } from '../network-cover.ts';
import { dangersBeforeGuard } from '../relay-guard.ts';

export const openRelay: LintRule = {
  code: 'open-relay',
  severity: 'warning',
  summary: 'Something that permits every client stands before reject_unauth_destination.',
  reason:
    'Whoever can connect can relay. Spammers find such a host within hours, and blocklists a day later.',
  example: `mynetworks = 0.0.0.0/0
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination`,
  *check(context) {
    const everybody = wordsForEverybody(context.parameters.tokens('mynetworks'));
    const [first] = everybody;
    const dangers = dangersBeforeGuard(context, ({ restriction: { name } }) =>
      name === 'permit_mynetworks'
        ? first !== undefined
        : name === 'permit' || name === 'permit_naked_ip_address',
    );
    for (const { list, item, span, table } of dangers) {
      if (item.restriction.name === 'permit_mynetworks' && first !== undefined) {
        const words = quote(everybody.map(({ text }) => text).join(' '));
        yield {
          message: `mynetworks has nearly every address (${words}), and permit_mynetworks comes before relaying is refused in ${list.parameter}`,
          span: first.span,
          help: 'name your own networks only',
        };
        continue;
      }
      const way = table === undefined ? 'it comes' : `an entry of ${quote(table.spec)} leads to it`;
      yield {
        message: `${quote(item.token.text)} lets clients relay: ${way} before relaying is refused in ${list.parameter}`,
        span,
        help: `write it behind \`reject_unauth_destination\`, or remove it`,
      };
    }
  },
};
