/** Everybody is permitted before relaying is refused. */
import { quote } from '../../../language/quote.ts';
import type { Token } from '../../../language/tokenizer.ts';
import { isNetworkSyntaxError, parseIpNetwork } from '../../../net/ip-network.ts';
import type { LintRule } from '../lint-rule.ts';
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
    const everybody = context.parameters.tokens('mynetworks').find(isEverybody);
    const dangers = dangersBeforeGuard(context, ({ restriction: { name } }) =>
      name === 'permit_mynetworks'
        ? everybody !== undefined
        : name === 'permit' || name === 'permit_naked_ip_address',
    );
    for (const { list, item } of dangers) {
      const isNetwork = item.restriction.name === 'permit_mynetworks' && everybody !== undefined;
      yield {
        message: isNetwork
          ? `mynetworks has every address (${quote(everybody.text)}), and permit_mynetworks comes before relaying is refused in ${list.parameter}`
          : `${quote(item.token.text)} lets clients relay: it comes before relaying is refused in ${list.parameter}`,
        span: isNetwork ? everybody.span : item.token.span,
        help: isNetwork
          ? 'name your own networks only'
          : `write it behind \`reject_unauth_destination\`, or remove it`,
      };
    }
  },
};

function isEverybody({ text }: Token): boolean {
  if (text.startsWith('static:')) return true;
  const network = parseIpNetwork(text);
  return !isNetworkSyntaxError(network) && network.prefixLength === 0;
}
