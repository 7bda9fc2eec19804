/** Host names in inet_interfaces, where something depends on their addresses. */
import { isValidHostAddress } from '../../../net/hostname-rules.ts';
import type { LintRule } from '../lint-rule.ts';
import { everyItem } from '../restriction-list.ts';

/** What says by itself which interfaces it means. */
const WORDS: readonly string[] = ['all', 'loopback-only', 'localhost'];

export const interfaceHostName: LintRule = {
  code: 'interface-host-name',
  severity: 'warning',
  summary: 'inet_interfaces names a host, and the policy needs to know its addresses.',
  reason:
    'Postfix looks the host up where it starts; Postward may run elsewhere. Clients that Postfix would permit by such an address are not permitted.',
  example:
    'inet_interfaces = $myhostname, localhost\nsmtpd_relay_restrictions = permit_inet_interfaces, reject_unauth_destination',
  *check(context) {
    const { parameters } = context;
    const names = new Set([...everyItem(context)].map(({ item }) => item.restriction.name));
    const hasDefaultNetworks = names.has('permit_mynetworks') && !parameters.isSet('mynetworks');
    if (!names.has('permit_inet_interfaces') && !hasDefaultNetworks) return;
    for (const token of parameters.tokens('inet_interfaces')) {
      const word = token.text.replace(/^\[(.*)\]$/, '$1');
      if (WORDS.includes(word.toLowerCase()) || isValidHostAddress(word)) continue;
      yield {
        message: `the addresses of \`${token.text}\` are not looked up for ${hasDefaultNetworks ? 'the default of mynetworks' : 'permit_inet_interfaces'}`,
        span: token.span,
        help: hasDefaultNetworks
          ? 'write its addresses in place of its name, or set mynetworks'
          : 'write its addresses in place of its name',
      };
    }
  },
};
