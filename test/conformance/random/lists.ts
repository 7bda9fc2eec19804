/** Random restriction lists: names in any list, with arguments, classes and tables. */
import { randomAction } from './actions.ts';
import type { Chooser } from './chooser.ts';
import { ALLOW_DOMAIN_LISTS, ALLOW_LISTS, DENY_DOMAIN_LISTS, DENY_LISTS } from './servers.ts';
import { type KeyKind, randomTable, type TableMaker } from './tables.ts';

export type RandomList =
  | 'client'
  | 'helo'
  | 'sender'
  | 'relay'
  | 'recipient'
  | 'data'
  | 'end_of_data'
  | 'etrn';

/** What a bare table looks up. */
const OWN_KEYS: Readonly<Partial<Record<RandomList, KeyKind>>> = {
  client: 'client',
  helo: 'helo',
  sender: 'address',
  relay: 'address',
  recipient: 'address',
  etrn: 'etrn',
};

const GENERIC = ['reject', 'defer', 'permit', 'defer_if_permit', 'defer_if_reject'] as const;

/**
 * Restrictions without argument that suit any list, with old names. Not permit_inet_interfaces, which looks at the
 * connection itself, whatever client XCLIENT tells of.
 */
const PLAIN: Readonly<Record<'client' | 'helo' | 'sender' | 'recipient', readonly string[]>> = {
  client: [
    'permit_mynetworks',
    'permit_sasl_authenticated',
    'reject_unknown_client_hostname',
    'reject_unknown_client',
    'reject_unknown_reverse_client_hostname',
    'reject_maps_rbl',
    'reject_plaintext_session',
    'reject_unauth_pipelining',
    'permit_tls_clientcerts',
    'permit_tls_all_clientcerts',
  ],
  helo: [
    'reject_invalid_helo_hostname',
    'reject_invalid_hostname',
    'reject_non_fqdn_helo_hostname',
    'reject_non_fqdn_hostname',
    'reject_unknown_helo_hostname',
    'reject_unknown_hostname',
    'permit_naked_ip_address',
  ],
  sender: [
    'reject_non_fqdn_sender',
    'reject_unknown_sender_domain',
    'reject_unknown_sender_domain',
    'reject_unknown_address',
    'reject_sender_login_mismatch',
    'reject_authenticated_sender_login_mismatch',
    'reject_known_sender_login_mismatch',
    'reject_unauthenticated_sender_login_mismatch',
  ],
  recipient: [
    'reject_non_fqdn_recipient',
    'reject_unknown_recipient_domain',
    'reject_unknown_recipient_domain',
    'reject_unauth_destination',
    'reject_unauth_destination',
    'defer_unauth_destination',
    'check_relay_domains',
    'permit_auth_destination',
    'reject_unlisted_recipient',
    'check_recipient_maps',
    'permit_mx_backup',
  ],
};

/**
 * What Postfix takes for a mistake, each in its way; an argument that is missing swallows what follows. Not a DNS list
 * with a filter that cannot be read, nor a policy service without address: they end smtpd.
 */
const MISTAKES: readonly string[] = [
  'no_such_restriction',
  'check_helo_access',
  'check_client_access nothing',
  'reject_rbl_client',
  'permit_dnswl_client',
  'sleep',
  'sleep x',
  'reject_unknown_forward_client_hostname',
  '{reject}',
  'STRICT',
  '// remark',
  '554 no',
  'REJECT no',
];

const SUBJECTS = ['client', 'reverse_client_hostname', 'helo', 'sender', 'recipient'] as const;
const ACCESS: readonly (readonly [restriction: string, keys: KeyKind])[] = [
  ['check_client_access', 'client'],
  ['check_client_access', 'client'],
  ['check_reverse_client_hostname_access', 'client'],
  ['check_helo_access', 'helo'],
  ['check_helo_access', 'helo'],
  ['check_sender_access', 'address'],
  ['check_sender_access', 'address'],
  ['check_recipient_access', 'address'],
  ['check_recipient_access', 'address'],
  ['check_sasl_access', 'login'],
  ['check_etrn_access', 'etrn'],
  ['check_ccert_access', 'certificate'],
];

/** What a list is made with; tables are added on the way. */
export interface ListMaker extends TableMaker {
  readonly classes: readonly string[];
  /** The class that is being made: its tables may name it, and so let it go round until smtpd has enough. */
  readonly ownClass?: string;
  /** The list is one that comes after the sender list has begun: reject_unlisted_sender is not reliable before. */
  readonly isSenderChecked: boolean;
}

/** The words of one restriction: `warn_if_reject check_helo_access hash:@T@/t1`. */
export function randomRestriction(maker: ListMaker, list: RandomList): string {
  const { choose, classes, isSenderChecked } = maker;
  const near = list === 'relay' ? 'recipient' : list;
  const words = choose.weighted<() => string>([
    [10, () => plain(choose, near)],
    [13, () => accessCheck(maker)],
    [3, () => serverCheck(maker)],
    [OWN_KEYS[list] === undefined ? 0 : 3, () => table(maker, OWN_KEYS[list] ?? 'client')],
    [6, () => dnsList(choose)],
    [1, () => policyService(choose)],
    [4, () => choose.of(GENERIC)],
    [isSenderChecked ? 0.7 : 0, () => 'reject_unlisted_sender'],
    [classes.length === 0 ? 0 : 4, () => choose.of(classes)],
    [list === 'data' || list === 'end_of_data' ? 3 : 0, () => 'reject_multi_recipient_bounce'],
    [0.2, () => 'sleep 0'],
    [0.15, () => choose.of(MISTAKES)],
  ])();
  const written = choose.chance(0.05) ? words.replace(/^[a-z_]+(?=\s|$)/, upperUnlessClass(classes)) : words;
  return choose.chance(0.12) ? `warn_if_reject ${written}` : written;
}

/** A list of restrictions. */
export function randomList(maker: ListMaker, list: RandomList, most: number): string[] {
  return maker.choose.list(1, most, () => randomRestriction(maker, list));
}

/** Restriction names are read in any case, class names are not. */
function upperUnlessClass(classes: readonly string[]): (word: string) => string {
  return (word) => (classes.includes(word) ? word : word.toUpperCase());
}

function plain(choose: Chooser, near: RandomList): string {
  const subjects = Object.keys(PLAIN) as (keyof typeof PLAIN)[];
  const own = subjects.find((subject) => subject === near);
  return choose.of(PLAIN[own !== undefined && choose.chance(0.6) ? own : choose.of(subjects)]);
}

function table(maker: ListMaker, keys: KeyKind): string {
  return randomTable(maker, keys, () => action(maker));
}

function accessCheck(maker: ListMaker): string {
  const { choose } = maker;
  const [restriction, keys] = choose.of(ACCESS);
  const map = table(maker, keys);
  if (keys !== 'certificate' || /[{}]/.test(map) || choose.chance(0.5)) return `${restriction} ${map}`;
  const order = choose.some(['cert_fingerprint', 'pubkey_fingerprint'], choose.integer(1, 2));
  return `${restriction} { ${map}, { search_order = ${order.join(', ')} } }`;
}

/** The other policy server of the case. */
function policyService(choose: Chooser): string {
  const service = choose.of([
    'inet:@P@',
    '{ inet:@P@, policy_context=here }',
    '{ inet:@P@, timeout=10s, default_action=DUNNO, { policy_context = there } }',
  ]);
  return `check_policy_service ${service}`;
}

function serverCheck(maker: ListMaker): string {
  const { choose } = maker;
  const subject = choose.of(SUBJECTS);
  return `check_${subject}_${choose.of(['mx', 'ns', 'a'])}_access ${table(maker, 'server')}`;
}

function dnsList(choose: Chooser): string {
  return choose.weighted<() => string>([
    [4, () => `reject_rbl_client ${choose.of(DENY_LISTS)}`],
    [0.5, () => `reject_rbl ${choose.of(DENY_LISTS)}`],
    [
      5,
      () =>
        `reject_rhsbl_${choose.of(['client', 'reverse_client', 'helo', 'sender', 'recipient'])} ${choose.of(DENY_DOMAIN_LISTS)}`,
    ],
    [2, () => `permit_dnswl_client ${choose.of(ALLOW_LISTS)}`],
    [1.5, () => `permit_rhswl_client ${choose.of(ALLOW_DOMAIN_LISTS)}`],
  ])();
}

/** A right-hand side, which may be a short list without tables: `:` cannot stand there. */
function action({ choose, classes, ownClass }: ListMaker): string {
  return randomAction(choose, () => {
    if (ownClass !== undefined && choose.chance(0.1)) return ownClass;
    const items = choose.list(1, 2, () => {
      const words = choose.weighted<() => string>([
        [4, () => plain(choose, choose.of(['client', 'helo', 'sender', 'recipient'] as const))],
        [classes.length === 0 ? 0 : 4, () => choose.of(classes)],
        [2, () => choose.of(GENERIC)],
        [1, () => dnsList(choose).replace(/=.*/, '')],
      ])();
      return choose.chance(0.15) ? `warn_if_reject ${words}` : words;
    });
    return items.join(', ');
  });
}
