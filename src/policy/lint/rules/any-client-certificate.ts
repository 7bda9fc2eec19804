/** Certificates of anybody that let clients relay. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { dangersBeforeGuard } from '../relay-guard.ts';

export const anyClientCertificate: LintRule = {
  code: 'any-client-certificate',
  severity: 'warning',
  summary: 'permit_tls_all_clientcerts before reject_unauth_destination.',
  reason:
    'Every certificate will do that one of the trusted authorities has signed. postconf(5) allows it only where a special authority issues certificates, and no other is trusted.',
  example:
    'smtpd_recipient_restrictions = permit_mynetworks, permit_tls_all_clientcerts, reject_unauth_destination',
  *check(context) {
    const dangers = dangersBeforeGuard(
      context,
      ({ restriction }) => restriction.name === 'permit_tls_all_clientcerts',
    );
    for (const { list, item, span } of dangers) {
      yield {
        message: `${quote(item.token.text)} lets every client with a trusted certificate relay: it comes before relaying is refused in ${list.parameter}`,
        span,
        help: 'write `permit_tls_clientcerts`, and the fingerprints of your clients in `relay_clientcerts`',
      };
    }
  },
};
