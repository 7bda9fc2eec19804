/** cidr: tables asked for mail addresses. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';

export const cidrForNames: LintRule = {
  code: 'cidr-for-names',
  severity: 'warning',
  summary: 'A cidr: table in check_sender_access, check_recipient_access or check_etrn_access.',
  reason: 'Such a table matches IP addresses, and these checks look up none: it does nothing.',
  example: 'smtpd_sender_restrictions = check_sender_access cidr:$config_directory/access',
  exampleTable: '192.0.2.0/24 REJECT\n',
  *check({ accessTables }) {
    for (const { matching, users, spec } of accessTables) {
      if (matching !== 'cidr') continue;
      for (const { restriction, argument } of users) {
        if (!/^check_(?:sender|recipient|etrn)_access$/.test(restriction.name) || argument === undefined)
          continue;
        yield {
          message: `${quote(spec)} never matches in ${restriction.name}, which looks up no addresses of hosts`,
          span: argument.span,
          help: 'use check_client_access for the networks of clients, or a hash: or pcre: table for mail addresses',
        };
      }
    }
  },
};
