/**
 * Why lines of a main.cf stay in Postfix: what they are about, and who decides
 * it there. One table; the first row that a name matches counts.
 */

interface StayingRow {
  readonly names: RegExp;
  readonly reason: string;
}

const ROWS: readonly StayingRow[] = [
  { names: /^smtpd_banner$/, reason: 'the greeting comes before anybody is asked' },
  {
    names: /^(?:disable_vrfy_command|smtpd_noop_commands|smtpd_forbidden_commands)$/,
    reason: 'smtpd answers such commands by itself',
  },
  { names: /^smtpd_helo_required$/, reason: 'smtpd itself insists on HELO' },
  {
    names: /^(?:tls_|tlsproxy_|(?:smtpd|smtp|lmtp)_(?:tls_|use_tls$|enforce_tls$|starttls_))/,
    reason: 'TLS is between smtpd and the client; the policy is told the outcome',
  },
  {
    names: /^(?:smtpd_sasl_|broken_sasl_|cyrus_sasl_)/,
    reason: 'smtpd checks logins (SASL); the policy is told the login',
  },
  { names: /^(?:smtp|lmtp)_sasl_/, reason: 'for sending mail' },
  {
    names: /^(?:smtp_|lmtp_)?(?:(?:mime_|nested_)?header|body|milter_header)_checks/,
    reason: 'cleanup(8) looks at headers and bodies; a policy server never sees them',
  },
  {
    names: /^(?:content_filter|receive_override_options|smtpd_proxy_|.*_?milter)/,
    reason: 'hands messages to a filter; a policy server never sees them',
  },
  {
    names: /^(?:address_verify_|unverified_)/,
    reason: 'address verification needs verify(8) of Postfix',
  },
  { names: /^postscreen_|^dnsblog_/, reason: 'postscreen(8) comes before smtpd' },
  {
    names:
      /^(?:smtpd_client_.*(?:limit|exceptions)|anvil_|smtpd_.*error_limit|smtpd_error_sleep|smtpd_junk|smtpd_(?:recipient|history|per|min|timeout))/,
    reason: 'smtpd and anvil(8) count and time their clients themselves',
  },
  {
    names: /^(?:message|mailbox|virtual_mailbox|header|bounce|body).*_limit|^virtual_.*(?:limit|quota)/,
    reason: 'sizes are kept to by smtpd and by those who deliver',
  },
  {
    names: /^(?:alias_|.*_alias_(?:maps|database)$|newaliases|allow_mail_to_|forward_|expand_owner|local_)/,
    reason: 'aliases are for local delivery',
  },
  {
    names:
      /^(?:home_mailbox|mail_spool|mailbox_|luser_|fallback_transport|virtual_(?:mailbox_base|[ug]id|transport|minimum|trash|maildir|overquota))/,
    reason: 'delivery to mailboxes (maildir, spool) comes after access',
  },
  {
    names:
      /^(?:relayhost|transport_maps|default_transport|relay_transport|smtp_|lmtp_|sender_dependent_|fallback_relay|defer_transports|.*_destination_)/,
    reason: 'for sending mail on',
  },
  { names: /^inet_/, reason: 'where smtpd listens' },
  {
    names:
      /^(?:.*canonical.*|masquerade_.*|generic_maps|always_bcc|.*_bcc_maps|remote_header_.*|local_header_.*)$/,
    reason: 'rewrites or copies accepted mail',
  },
  {
    names:
      /^(?:config_directory|.*_directory|setgid_group|mail_owner|default_privs|.*_path|manpage_.*|debug.*|html_.*|readme_.*|sample_.*)$/,
    reason: 'about the installation of Postfix',
  },
];

/** For a parameter that no access policy reads. */
export function reasonToStay(name: string): string {
  return ROWS.find(({ names }) => names.test(name))?.reason ?? 'no restriction depends on it';
}

/**
 * Parameters of the policy that Postfix no longer reads when its lists are
 * Postward's: they move. All others that the policy reads are needed by both.
 */
const MOVING: ReadonlySet<string> = new Set([
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_data_restrictions',
  'smtpd_end_of_data_restrictions',
  'smtpd_etrn_restrictions',
  'smtpd_restriction_classes',
  'smtpd_null_access_lookup_key',
  'permit_mx_backup_networks',
  'maps_rbl_domains',
  'default_rbl_reply',
  'rbl_reply_maps',
  'smtpd_expansion_filter',
  'maps_rbl_reject_code',
  'defer_code',
  'invalid_hostname_reject_code',
  'non_fqdn_reject_code',
  'unknown_hostname_reject_code',
  'unknown_client_reject_code',
  'unknown_address_reject_code',
  'multi_recipient_bounce_reject_code',
  'plaintext_reject_code',
  'reject_tempfail_action',
  'unknown_helo_hostname_tempfail_action',
  'unknown_address_tempfail_action',
  'dnsbl_error_answers',
]);

export function movesAway(name: string): boolean {
  return MOVING.has(name);
}
