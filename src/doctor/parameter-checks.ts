/**
 * Parameters that a policy and the Postfix that asks must agree on: what is
 * local, what is relayed, who is trusted. Each is compared where the policy has
 * a restriction that depends on it.
 */
import type { Examined } from '../import/examine.ts';
import { everyItem } from '../policy/lint/restriction-list.ts';
import { SERVER_ACCESS } from '../restrictions/server-access.ts';
import type { Finding } from './finding.ts';
import type { OwnSide, ServiceWiring } from './wiring.ts';

const DESTINATION: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'permit_auth_destination',
  'check_relay_domains',
  'permit_mx_backup',
  'reject_unlisted_recipient',
  'reject_unlisted_sender',
  'reject_unknown_recipient_domain',
  'reject_unknown_sender_domain',
];

const MAIL_ACCESS: readonly string[] = ['check_sender_access', 'check_recipient_access'];

interface Shared {
  readonly parameter: string;
  /** Restrictions that depend on it; 'all': the whole policy does. */
  readonly usedBy: readonly string[] | 'all';
}

const SHARED: readonly Shared[] = [
  { parameter: 'mynetworks', usedBy: ['permit_mynetworks'] },
  { parameter: 'mydestination', usedBy: DESTINATION },
  { parameter: 'relay_domains', usedBy: DESTINATION },
  { parameter: 'virtual_alias_domains', usedBy: DESTINATION },
  { parameter: 'virtual_mailbox_domains', usedBy: DESTINATION },
  { parameter: 'inet_interfaces', usedBy: [...DESTINATION, 'permit_inet_interfaces'] },
  { parameter: 'proxy_interfaces', usedBy: [...DESTINATION, 'permit_inet_interfaces'] },
  { parameter: 'inet_protocols', usedBy: [...SERVER_ACCESS.map(({ name }) => name), 'permit_mx_backup'] },
  { parameter: 'recipient_delimiter', usedBy: MAIL_ACCESS },
  { parameter: 'smtpd_sender_login_maps', usedBy: ['reject_sender_login_mismatch'] },
  { parameter: 'smtpd_delay_open_until_valid_rcpt', usedBy: ['reject_multi_recipient_bounce'] },
  { parameter: 'smtpd_proxy_filter', usedBy: ['reject_multi_recipient_bounce'] },
  { parameter: 'soft_bounce', usedBy: 'all' },
];

export function parametersAgree({ service, questions }: ServiceWiring, { policies }: OwnSide): Finding[] {
  return [...new Set(questions.map(({ policy }) => policy))].flatMap((name) => {
    const policy = policies.get(name);
    if (policy === undefined) return [];
    const used = new Set([...everyItem(policy)].map(({ item }) => item.restriction.name));
    return SHARED.filter(({ usedBy }) => usedBy === 'all' || usedBy.some((one) => used.has(one)))
      .filter(({ parameter }) => comparable(policy, parameter) !== comparable(service.examined, parameter))
      .map(({ parameter }) => ({
        level: 'warning' as const,
        code: 'parameter-disagrees',
        service: service.name,
        message: `${parameter} is ${shown(service.examined, parameter)} in Postfix and ${shown(policy, parameter)} in the policy \`${name}\``,
        help: `what one takes for its own the other would refuse: write \`${parameter} = ${service.examined.parameters.words(parameter).join(' ')}\` in the policy, or mend main.cf`,
      }));
  });
}

/** Words in any order, unless a `!` makes the order count. */
function comparable({ parameters }: Examined, parameter: string): string {
  const words = parameters.words(parameter).map((word) => word.toLowerCase());
  return (words.some((word) => word.startsWith('!')) ? words : words.toSorted()).join(' ');
}

function shown({ parameters }: Examined, parameter: string): string {
  const text = parameters.words(parameter).join(' ');
  return text === '' ? 'empty' : `\`${text}\``;
}
