/**
 * A policy delegation request, SMTPD_POLICY_README. The field names are
 * Postfix's own attribute names; '' means that Postfix did not send the
 * attribute or sent it empty, which it does not tell apart either.
 *
 * One fixed shape for every request keeps property access monomorphic on the
 * hot path.
 */
export class PolicyRequest {
  request = '';
  protocol_state = '';
  protocol_name = '';
  client_address = '';
  client_name = '';
  client_port = '';
  reverse_client_name = '';
  server_address = '';
  server_port = '';
  helo_name = '';
  sender = '';
  recipient = '';
  recipient_count = '';
  queue_id = '';
  instance = '';
  size = '';
  etrn_domain = '';
  stress = '';
  sasl_method = '';
  sasl_username = '';
  sasl_sender = '';
  ccert_subject = '';
  ccert_issuer = '';
  ccert_fingerprint = '';
  ccert_pubkey_fingerprint = '';
  encryption_protocol = '';
  encryption_cipher = '';
  encryption_keysize = '';
  policy_context = '';
  compatibility_level = '';
  mail_version = '';
  tls_sni = '';
}

export type AttributeName = keyof PolicyRequest;
