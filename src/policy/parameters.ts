/**
 * The main.cf parameters that an access policy depends on: names, kinds and
 * Postfix's own defaults, in Postfix's own words (postconf(5)). Defaults,
 * expansion, the checks of values and the reference pages derive from here.
 * All other parameters are passed over (postfix-parameters.ts).
 */

export type ParameterKind =
  /** A restriction list. */
  | 'restrictions'
  /** An SMTP reply code, 400 to 599. */
  | 'code'
  | 'integer'
  /** A number with a unit: s, m, h, d or w; seconds without. */
  | 'time'
  /** yes or no */
  | 'boolean'
  | 'text'
  /** Text that is expanded when it is used, with names of its own. */
  | 'template'
  /** Words separated by white space or commas. */
  | 'words'
  /** A match list of networks: addresses, `/file`, `type:table`, `!`. */
  | 'networks'
  /** A match list of domains, which may stand for their subdomains. */
  | 'domains'
  /** A match list whose entries are compared whole. */
  | 'strings'
  /** Lookup tables, searched in order. */
  | 'tables'
  /** Lookup tables that newaliases(1) makes; of use to other parameters only. */
  | 'aliases'
  /** `defer_if_permit` or `defer` */
  | 'tempfail_action'
  /** `ignored` or `listed` */
  | 'error_answers'
  /** `all`, or `ipv4`, `ipv6` or both */
  | 'protocols'
  /** `enforce`, `report` or `off` */
  | 'health_mode'
  /** A whole number, negative too. */
  | 'score';

export interface ParameterRow {
  readonly name: string;
  readonly kind: ParameterKind;
  /** In main.cf syntax; undefined: depends on this host (defaults.ts). */
  readonly default: string | undefined;
  readonly summary: string;
  /** True for a parameter of ours that Postfix does not have. */
  readonly isOurs?: boolean;
}

const row = (
  name: string,
  kind: ParameterKind,
  value: string | undefined,
  summary: string,
): ParameterRow => ({
  name,
  kind,
  default: value,
  summary,
});

export const PARAMETERS: readonly ParameterRow[] = [
  row('smtpd_client_restrictions', 'restrictions', '', 'Restrictions on the client host name and address.'),
  row('smtpd_helo_restrictions', 'restrictions', '', 'Restrictions on the HELO name.'),
  row('smtpd_sender_restrictions', 'restrictions', '', 'Restrictions on the sender address.'),
  row(
    'smtpd_relay_restrictions',
    'restrictions',
    '${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}',
    'Restrictions on mail relay.',
  ),
  row('smtpd_recipient_restrictions', 'restrictions', '', 'Restrictions on the recipient address.'),
  row('smtpd_data_restrictions', 'restrictions', '', 'Restrictions at the DATA command.'),
  row('smtpd_end_of_data_restrictions', 'restrictions', '', 'Restrictions after the message was received.'),
  row('smtpd_etrn_restrictions', 'restrictions', '', 'Restrictions on ETRN requests.'),
  row(
    'smtpd_restriction_classes',
    'words',
    '',
    'Names of restriction classes: parameters that hold restriction lists.',
  ),
  row(
    'smtpd_relay_before_recipient_restrictions',
    'boolean',
    '${{$compatibility_level} <level {3.6} ? {no} : {yes}}',
    'Evaluate the relay list before the recipient list.',
  ),
  row(
    'smtpd_delay_reject',
    'boolean',
    'yes',
    'Wait until RCPT TO before evaluating client, helo and sender lists.',
  ),
  row('soft_bounce', 'boolean', 'no', 'Turn every 5xx reply into 4xx.'),
  row(
    'message_size_limit',
    'integer',
    '10240000',
    'Refuse larger messages (bytes; 0: no limit). Only a limit that the policy itself sets counts: Postfix keeps to its own.',
  ),
  row('compatibility_level', 'text', '0', "Which of Postfix's defaults apply."),

  row('default_database_type', 'text', 'hash', 'What `$default_database_type:` stands for.'),
  row('myhostname', 'text', undefined, 'The name of this mail system.'),
  row('mydomain', 'text', undefined, 'The domain of this mail system: myhostname less its first label.'),
  row(
    'myorigin',
    'text',
    '$myhostname',
    'The domain of addresses without one; `/file` reads it from there, as on Debian.',
  ),
  row(
    'mydestination',
    'strings',
    '$myhostname, localhost.$mydomain, localhost',
    'Domains delivered locally.',
  ),
  row('mynetworks', 'networks', undefined, 'Trusted networks.'),
  row(
    'mynetworks_style',
    'text',
    '${{$compatibility_level} <level {2} ? {subnet} : {host}}',
    "How to make mynetworks from this host's interfaces when it is not set: host, subnet or class.",
  ),
  row('inet_interfaces', 'words', 'all', 'The addresses of this mail system.'),
  row(
    'inet_protocols',
    'protocols',
    'all',
    'Whether IPv4 or IPv6 addresses count, of this host and of servers that DNS names.',
  ),
  row('proxy_interfaces', 'words', '', 'Its addresses behind a proxy or NAT.'),
  row(
    'relay_domains',
    'domains',
    '${{$compatibility_level} <level {2} ? {$mydestination} : {}}',
    'Domains that mail is relayed for.',
  ),
  row('virtual_alias_maps', 'tables', '$virtual_maps', 'Virtual aliases.'),
  row('virtual_maps', 'tables', '', 'The name of virtual_alias_maps before Postfix 2.0.'),
  row('virtual_alias_domains', 'strings', '$virtual_alias_maps', 'Domains whose every address is an alias.'),
  row('virtual_mailbox_maps', 'tables', '', 'Addresses in virtual mailbox domains.'),
  row(
    'virtual_mailbox_domains',
    'strings',
    '$virtual_mailbox_maps',
    'Domains delivered to virtual mailboxes.',
  ),
  row(
    'parent_domain_matches_subdomains',
    'words',
    'debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps',
    'Where `example.com` matches subdomains, too (elsewhere `.example.com` does).',
  ),
  row('recipient_delimiter', 'text', '', 'Separates user names from address extensions.'),
  row('owner_request_special', 'boolean', 'yes', 'owner-x and x-request have no address extension.'),
  row('double_bounce_sender', 'text', 'double-bounce', 'A local part that has no address extension.'),
  row(
    'permit_mx_backup_networks',
    'networks',
    '',
    'Where the primary mail exchangers must be for permit_mx_backup; empty: anywhere.',
  ),
  row('smtpd_null_access_lookup_key', 'text', '<>', 'The search string for the null sender.'),
  row('append_at_myorigin', 'boolean', 'yes', 'Append @myorigin to addresses without domain.'),
  row(
    'append_dot_mydomain',
    'boolean',
    '${{$compatibility_level} <level {1} ? {yes} : {no}}',
    'Append .mydomain to domains without a dot.',
  ),
  row('allow_percent_hack', 'boolean', 'yes', 'Read user%domain as user@domain.'),
  row('swap_bangpath', 'boolean', 'yes', 'Read domain!user as user@domain.'),
  row('resolve_dequoted_address', 'boolean', 'yes', 'Look for routing operators in quoted local parts, too.'),
  row('allow_untrusted_routing', 'boolean', 'no', 'Accept addresses that are routed on by the sender.'),
  row('empty_address_recipient', 'text', 'MAILER-DAEMON', 'Who gets mail for an empty local part.'),

  row(
    'local_recipient_maps',
    'tables',
    '',
    'Users of local domains. Postfix has `proxy:unix:passwd.byname $alias_maps`, the users of the mail host; Postward may run elsewhere, so that all are known here unless it is set.',
  ),
  row(
    'alias_maps',
    'aliases',
    'hash:/etc/aliases',
    'Tables of aliases(5), for `$alias_maps` in other values.',
  ),
  row('alias_database', 'aliases', 'hash:/etc/aliases', 'Tables of aliases(5) that newaliases(1) makes.'),
  row('relay_recipient_maps', 'tables', '', 'Addresses in relay domains.'),
  row('canonical_maps', 'tables', '', 'Addresses that are rewritten.'),
  row('recipient_canonical_maps', 'tables', '', 'Recipient addresses that are rewritten.'),
  row('sender_canonical_maps', 'tables', '', 'Sender addresses that are rewritten.'),
  row(
    'smtpd_reject_unlisted_recipient',
    'boolean',
    'yes',
    'Check recipients like reject_unlisted_recipient after all lists.',
  ),
  row(
    'smtpd_reject_unlisted_sender',
    'boolean',
    'no',
    'Check senders like reject_unlisted_sender after the sender list.',
  ),
  row('show_user_unknown_table_name', 'boolean', 'yes', 'Name the table that does not know a user.'),
  row('smtpd_sender_login_maps', 'tables', '', 'The logins that own sender addresses.'),
  row(
    'relay_clientcerts',
    'tables',
    '',
    'Fingerprints of client certificates that permit_tls_clientcerts lets in.',
  ),
  row('smtpd_sasl_auth_enable', 'boolean', 'no', 'Whether clients can log in.'),

  row(
    'smtpd_policy_service_timeout',
    'time',
    '100s',
    'How long check_policy_service waits to connect, and for an answer; at most 15 seconds for one request.',
  ),
  row(
    'smtpd_policy_service_try_limit',
    'integer',
    '2',
    'How often check_policy_service asks a server that gives no answer.',
  ),
  row('smtpd_policy_service_retry_delay', 'time', '1s', 'The time between two tries.'),
  row(
    'smtpd_policy_service_default_action',
    'text',
    '451 4.3.5 Server configuration problem',
    'What holds when a policy server gives no answer.',
  ),
  row('smtpd_policy_service_policy_context', 'text', '', 'What a policy server is told as policy_context.'),
  row(
    'smtpd_policy_service_max_idle',
    'time',
    '300s',
    'How long a connection to a policy server is kept without a request.',
  ),
  row('smtpd_policy_service_max_ttl', 'time', '1000s', 'How long a connection is kept in all.'),
  row(
    'smtpd_policy_service_request_limit',
    'integer',
    '0',
    'How many requests go over one connection; 0: any number.',
  ),
  row('queue_directory', 'text', '/var/spool/postfix', 'Where relative paths of UNIX-domain sockets begin.'),
  row(
    'smtputf8_enable',
    'boolean',
    '${{$compatibility_level} <level {1} ? {no} : {yes}}',
    'Take only UTF-8 in the answer of a policy server.',
  ),

  row('reject_code', 'code', '554', 'For reject.'),
  row('defer_code', 'code', '450', 'For defer.'),
  row('access_map_reject_code', 'code', '554', 'For REJECT in an access table.'),
  row(
    'access_map_defer_code',
    'code',
    '450',
    'For DEFER, DEFER_IF_PERMIT and DEFER_IF_REJECT in an access table.',
  ),
  row(
    'relay_domains_reject_code',
    'code',
    '554',
    'For reject_unauth_destination; less 100 for defer_unauth_destination.',
  ),
  row('maps_rbl_reject_code', 'code', '554', 'For reject_rbl_client and reject_rhsbl_*: $rbl_code.'),
  row('invalid_hostname_reject_code', 'code', '501', 'For reject_invalid_helo_hostname.'),
  row('non_fqdn_reject_code', 'code', '504', 'For reject_non_fqdn_*.'),
  row('unknown_hostname_reject_code', 'code', '450', 'For reject_unknown_helo_hostname.'),
  row(
    'unknown_client_reject_code',
    'code',
    '450',
    'For reject_unknown_client_hostname and reject_unknown_reverse_client_hostname.',
  ),
  row(
    'unknown_address_reject_code',
    'code',
    '450',
    'For reject_unknown_sender_domain and reject_unknown_recipient_domain.',
  ),
  row(
    'unknown_local_recipient_reject_code',
    'code',
    '550',
    'For recipients that local_recipient_maps does not know.',
  ),
  row(
    'unknown_relay_recipient_reject_code',
    'code',
    '550',
    'For recipients that relay_recipient_maps does not know.',
  ),
  row(
    'unknown_virtual_alias_reject_code',
    'code',
    '550',
    'For recipients that virtual_alias_maps does not know.',
  ),
  row(
    'unknown_virtual_mailbox_reject_code',
    'code',
    '550',
    'For recipients that virtual_mailbox_maps does not know.',
  ),
  row('multi_recipient_bounce_reject_code', 'code', '550', 'For reject_multi_recipient_bounce.'),
  row('plaintext_reject_code', 'code', '450', 'For reject_plaintext_session.'),
  row(
    'reject_tempfail_action',
    'tempfail_action',
    'defer_if_permit',
    'What a reject restriction does when a lookup fails for now.',
  ),
  row(
    'unknown_helo_hostname_tempfail_action',
    'tempfail_action',
    '$reject_tempfail_action',
    'The same for reject_unknown_helo_hostname.',
  ),
  row(
    'unknown_address_tempfail_action',
    'tempfail_action',
    '$reject_tempfail_action',
    'The same for reject_unknown_sender_domain and reject_unknown_recipient_domain.',
  ),

  row('maps_rbl_domains', 'words', '', 'The DNSBLs of reject_maps_rbl.'),
  row(
    'default_rbl_reply',
    'template',
    '$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}',
    'The reply to a client on a DNSBL.',
  ),
  row('rbl_reply_maps', 'tables', '', 'Replies by DNSBL.'),
  row(
    'smtpd_expansion_filter',
    'template',
    '\\t\\40!"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~',
    'Characters that values may put into a DNSBL reply.',
  ),
  row('postscreen_dnsbl_sites', 'words', '', 'The sites of postscreen(8); see dnsbl_sites.'),
  row('postscreen_dnsbl_threshold', 'score', '1', 'The threshold of postscreen(8); see dnsbl_threshold.'),
  row(
    'postscreen_dnsbl_allowlist_threshold',
    'score',
    '${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}}',
    'The allow-list threshold of postscreen(8); see dnsbl_allowlist_threshold.',
  ),
  row(
    'postscreen_dnsbl_whitelist_threshold',
    'text',
    '',
    'The name of postscreen_dnsbl_allowlist_threshold before Postfix 3.6.',
  ),
  row('postscreen_dnsbl_reply_map', 'tables', '', 'The names that postscreen(8) shows; see dnsbl_reply_map.'),
  {
    name: 'dnsbl_sites',
    kind: 'words',
    default: '$postscreen_dnsbl_sites',
    summary:
      'The DNS lists of reject_dnsbl_score and its like: `domain=filter*weight`, the filter and the weight (1) may be left out; a negative weight is for an allow list.',
    isOurs: true,
  },
  {
    name: 'dnsbl_threshold',
    kind: 'score',
    default: '$postscreen_dnsbl_threshold',
    summary: 'The score from which reject_dnsbl_score and defer_dnsbl_score object.',
    isOurs: true,
  },
  {
    name: 'dnsbl_allowlist_threshold',
    kind: 'score',
    default: '$postscreen_dnsbl_allowlist_threshold',
    summary: 'The score, less than 0, down from which permit_dnsbl_score permits; 0: it permits nobody.',
    isOurs: true,
  },
  {
    name: 'dnsbl_reply_map',
    kind: 'tables',
    default: '$postscreen_dnsbl_reply_map',
    summary: 'The name to show to clients in place of the name of a list (in dnsbl_sites) that holds a key.',
    isOurs: true,
  },
  {
    name: 'dnsbl_error_answers',
    kind: 'error_answers',
    default: 'ignored',
    summary:
      "What an answer that is no listing means: outside 127.0.0.0/8, or an operator's error code. `ignored`: a failure, never a listing; `listed`: a listing, as in Postfix.",
    isOurs: true,
  },
  {
    name: 'dnsbl_health',
    kind: 'health_mode',
    default: '${{$dnsbl_error_answers} == {listed} ? {off} : {enforce}}',
    summary:
      'What happens to a DNS list that fails its probes. `enforce`: it is set aside until it works, and what it lists counts only while it does not list everybody; `report`: it is asked all the same, and reported; `off`: it is not probed.',
    isOurs: true,
  },
  {
    name: 'dnsbl_health_exceptions',
    kind: 'words',
    default: '',
    summary:
      'DNS lists for which dnsbl_health is something else: `zone=off`, `zone=report` or `zone=enforce`; `zone` alone is `zone=off`.',
    isOurs: true,
  },
];

export const PARAMETER_BY_NAME: ReadonlyMap<string, ParameterRow> = new Map(
  PARAMETERS.map((entry) => [entry.name, entry]),
);
