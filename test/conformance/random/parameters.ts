/** Random values of the parameters that restrictions depend on. */
import { LOGINS } from './addresses.ts';
import type { Chooser } from './chooser.ts';
import { addFile, randomTable, type TableMaker } from './tables.ts';

const codes = (choose: Chooser): string => String(choose.of([450, 451, 454, 550, 554, 521, 571, 400, 599]));
const action = (choose: Chooser): string => choose.of(['defer', 'defer_if_permit']);
const yesNo = (choose: Chooser): string => choose.of(['yes', 'no']);

/** Each with its likelihood. */
export const PARAMETERS: Readonly<
  Record<string, readonly [likelihood: number, value: (choose: Chooser, maker: TableMaker) => string]>
> = {
  compatibility_level: [0.25, (choose) => choose.of(['0', '1', '2', '3.5', '3.6', '3.10'])],
  smtpd_relay_before_recipient_restrictions: [0.25, yesNo],
  recipient_delimiter: [0.5, (choose) => choose.of(['+', '-', '+-', '-+', '=', '.', '%'])],
  owner_request_special: [0.1, yesNo],
  parent_domain_matches_subdomains: [
    0.3,
    (choose) =>
      choose.of([
        '',
        'relay_domains',
        'smtpd_access_maps',
        'relay_domains, smtpd_access_maps, mynetworks',
        'permit_mx_backup_networks',
      ]),
  ],
  soft_bounce: [0.08, () => 'yes'],
  inet_protocols: [0.15, (choose) => choose.of(['ipv4', 'all', 'ipv4, ipv6'])],
  smtpd_delay_reject: [0.1, () => 'no'],
  mynetworks: [
    0.4,
    (choose, maker) =>
      choose.of([
        addFile(maker, 'text', ['# ours', '192.0.2.16/28, 10.0.0.0/8', '!10.1.2.3']),
        `cidr:${addFile(maker, 'cidr', ['198.51.100.0/24  x', '2001:db8::/32  x'])}`,
        '!198.51.100.2, 198.51.100.0/24 static:all',
        'client.test',
        'hash:@T@/missing',
        '127.0.0.0/8 10.0.0.0/8',
        '127.0.0.0/8, [::1]/128, [2001:db8::]/48',
        '!10.1.2.3 10.0.0.0/8',
        '192.0.2.10',
        'inline:{192.0.2.10=x}, 127.0.0.1',
        '2001:db8::/32',
      ]),
  ],
  permit_mx_backup_networks: [
    0.2,
    (choose) => choose.of(['192.0.2.0/24', '192.0.2.40', '!192.0.2.40 192.0.2.0/24', 'other.test', 'fail:x']),
  ],
  mydestination: [
    0.15,
    (choose, maker) =>
      choose.of([
        addFile(maker, 'text', ['dest.test', '# and', 'HOST.dest.test !sub.dest.test']),
        `hash:${addFile(maker, 'hash', ['dest.test  x', 'other.test  x'])}`,
        'pcre:@T@/missing',
        '!host.dest.test, static:all',
        'dest.test',
        'inline:{dest.test=x} host.dest.test',
        '$mydomain, Host.Dest.Test',
      ]),
  ],
  relay_domains: [
    0.3,
    (choose, maker) =>
      choose.of([
        addFile(maker, 'text', ['relay.test other.test', '!sub.relay.test']),
        `hash:${addFile(maker, 'hash', ['relay.test  x', '.sub.relay.test  x', 'test  x'])}`,
        `regexp:${addFile(maker, 'regexp', ['/relay\\.test$/  x'])}`,
        'static:all',
        '$mydestination, relay.test',
        'relay.test',
        '.relay.test',
        '!sub.relay.test, relay.test',
        'inline:{relay.test=x}',
        'other.test relay.test',
        'fail:x',
      ]),
  ],
  virtual_alias_domains: [
    0.4,
    (choose) => choose.of(['valias.test', 'valias.test', 'inline:{valias.test=x}', '$virtual_alias_maps']),
  ],
  virtual_alias_maps: [
    0.25,
    (choose) => choose.of(['inline:{bob@valias.test=bob}', 'inline:{ {bob@dest.test=x}, {@valias.test=y} }']),
  ],
  virtual_mailbox_domains: [
    0.1,
    (choose) => choose.of(['vmbox.test, other.test', '$virtual_mailbox_maps', '']),
  ],
  virtual_maps: [0.05, () => 'inline:{ {carol@valias.test=x}, {valias.test=y} }'],
  virtual_mailbox_maps: [
    0.25,
    (choose) =>
      choose.of([
        'inline:{bob@vmbox.test=x}',
        'inline:{@vmbox.test=x}',
        'inline:{ {bob=x}, {vmbox.test=y} }',
        'fail:x',
      ]),
  ],
  local_recipient_maps: [
    0.3,
    (choose, maker) =>
      choose.of([
        randomTable(maker, 'address', () => 'x'),
        'fail:x',
        '$alias_maps',
        '$alias_database, inline:{carol=x}',
        'inline:{bob=x}',
        'inline:{ {bob=x}, {alice@dest.test=x} }',
        'static:all',
      ]),
  ],
  alias_maps: [0.1, () => 'inline:{ {bob=x}, {alice@dest.test=x} }'],
  alias_database: [0.05, () => 'inline:{bob=x}'],
  relay_recipient_maps: [
    0.2,
    (choose, maker) =>
      choose.of([
        randomTable(maker, 'address', () => 'x'),
        'fail:x',
        'inline:{bob@relay.test=x}',
        'inline:{@relay.test=x}',
      ]),
  ],
  canonical_maps: [0.05, (choose) => choose.of(['inline:{carol@dest.test=bob@dest.test}', 'fail:x'])],
  recipient_canonical_maps: [0.05, () => 'inline:{carol=bob}'],
  sender_canonical_maps: [0.05, () => 'inline:{carol@relay.test=bob}'],
  smtpd_reject_unlisted_recipient: [0.2, yesNo],
  smtpd_reject_unlisted_sender: [0.2, yesNo],
  show_user_unknown_table_name: [0.1, () => 'no'],
  smtpd_null_access_lookup_key: [0.08, (choose) => choose.of(['null', '<null@sender.test>', 'bob@'])],
  empty_address_recipient: [0.05, () => 'nobody'],
  double_bounce_sender: [0.05, () => 'bob'],
  proxy_interfaces: [0.1, (choose) => choose.of(['192.0.2.40', '192.0.2.20, 192.0.2.10'])],
  mydomain: [0.05, () => 'sender.test'],
  allow_percent_hack: [0.1, () => 'no'],
  swap_bangpath: [0.1, () => 'no'],
  resolve_dequoted_address: [0.08, () => 'no'],
  allow_untrusted_routing: [0.1, () => 'yes'],
  append_at_myorigin: [0.05, () => 'no'],
  append_dot_mydomain: [0.1, yesNo],
  myorigin: [0.1, (choose) => choose.of(['sender.test', '$myhostname'])],
  smtpd_sasl_auth_enable: [0.05, () => 'no'],
  maps_rbl_domains: [
    0.3,
    (choose) => choose.of(['bl.test', 'nolist.test, bl.test', 'bl.test=127.0.0.4 wide.test']),
  ],
  default_rbl_reply: [
    0.2,
    (choose) =>
      choose.of([
        '$rbl_code Service unavailable; $rbl_class $client_name blocked using $rbl_domain${rbl_txt?; $rbl_txt}',
        '$rbl_code 5.7.0 Service unavailable; $rbl_what/$client_address/$helo_name/$sender/$recipient blocked using $rbl_domain',
        '$rbl_code Service unavailable; ${sender_domain}-${sender_name}-${recipient_domain}-${recipient_name} blocked using $rbl_domain for $server_name $rbl_reason',
        '${rbl_code} ${rbl_reason:no reason} Service unavailable; $(rbl_what) blocked using $rbl_domain, ${client_name}, $reverse_client_name, $rbl_txt',
        '450 4.7.1 Service unavailable; $rbl_what blocked using $rbl_domain',
        'Service unavailable; no code blocked using $rbl_domain',
        '250 Service unavailable; fine blocked using $rbl_domain',
      ]),
  ],
  rbl_reply_maps: [
    0.15,
    () =>
      'inline:{ {bl.test=127.0.0.2=x}, {bl.test=521 4.7.9 Service unavailable; $client blocked using $rbl_domain: $rbl_reason} }',
  ],
  smtpd_expansion_filter: [
    0.05,
    (choose) => choose.of(['abcdefghijklmnopqrstuvwxyz.', '\\t\\40!@.0123456789abcdefghijklmnopqrstuvwxyz']),
  ],
  relay_clientcerts: [
    0.25,
    (choose, maker) => choose.of([randomTable(maker, 'certificate', () => 'x'), 'static:x', 'fail:x']),
  ],
  // By their data: of a name behind an alias smtpd shows the filter the name aliased to, Postward the one asked for.
  smtpd_dns_reply_filter: [
    0.06,
    (choose, maker) =>
      `pcre:${addFile(
        maker,
        'pcre',
        choose.list(1, 2, () =>
          choose.of([
            '/ IN AAAA /  IGNORE',
            '/ IN A 198\\.51\\.100\\./  ignore these',
            '/ IN MX 10 mx\\.sender\\.test\\.$/  IGNORE',
            '/ IN A 127\\.0\\.0\\.[24]$/  IGNORE',
            '/ IN NS /  IGNORE',
          ]),
        ),
      )}`,
  ],
  // Nobody listens there; with that option smtpd does not mind before the end of the message.
  smtpd_proxy_filter: [0.04, () => '127.0.0.1:9\nsmtpd_proxy_options = speed_adjust'],
  default_database_type: [0.05, () => 'hash'],
  smtputf8_enable: [0.05, () => 'no'],
  reject_code: [0.1, codes],
  defer_code: [0.1, (choose) => choose.of(['450', '451', '421'])],
  access_map_reject_code: [0.12, codes],
  access_map_defer_code: [0.08, (choose) => choose.of(['451', '454'])],
  relay_domains_reject_code: [0.12, (choose) => choose.of(['550', '554', '571', '450', '504'])],
  maps_rbl_reject_code: [0.12, codes],
  invalid_hostname_reject_code: [0.12, codes],
  non_fqdn_reject_code: [0.12, codes],
  unknown_hostname_reject_code: [0.25, codes],
  unknown_client_reject_code: [0.25, codes],
  unknown_address_reject_code: [0.25, codes],
  unknown_local_recipient_reject_code: [0.1, codes],
  unknown_relay_recipient_reject_code: [0.1, codes],
  unknown_virtual_alias_reject_code: [0.1, codes],
  unknown_virtual_mailbox_reject_code: [0.1, codes],
  multi_recipient_bounce_reject_code: [0.1, codes],
  plaintext_reject_code: [0.1, codes],
  reject_tempfail_action: [0.15, action],
  unknown_helo_hostname_tempfail_action: [0.15, action],
  unknown_address_tempfail_action: [0.15, action],
};

/** Lines of main.cf. Postfix's own behaviour is asked for where ours differs on purpose. */
export function randomParameters(maker: TableMaker): string[] {
  const { choose } = maker;
  const lines = ['dnsbl_error_answers = listed'];
  for (const [name, [likelihood, value]] of Object.entries(PARAMETERS)) {
    if (choose.chance(likelihood)) lines.push(`${name} = ${value(choose, maker)}`);
  }
  if (choose.chance(0.6)) {
    const owners = (): string => choose.list(1, 2, () => choose.of(LOGINS)).join(', ');
    lines.push(`smtpd_sender_login_maps = ${randomTable(maker, 'address', owners)}`);
  }
  return lines;
}
